import type { Talk } from './talk.js';
import { LANGUAGE_TALKS } from './talks-languages.js';
import { PERSONAL_TALKS } from './talks-personal.js';
import { TEAM_TALKS } from './talks-team.js';

/** Every chat of the demo. */
export const TALKS: readonly Talk[] = [...TEAM_TALKS, ...LANGUAGE_TALKS, ...PERSONAL_TALKS];
