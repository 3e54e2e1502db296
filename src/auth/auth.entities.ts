import { RefreshToken } from './refresh-token.entity.js';
import { Session } from './session.entity.js';
import { SigningKeyRow } from './signing-key.entity.js';

/** The tables of this room that have entities, for the data source. */
export const AUTH_ENTITIES = [Session, RefreshToken, SigningKeyRow];
