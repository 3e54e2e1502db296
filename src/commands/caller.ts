import { CoreError } from '../errors/catalogue.js';
import type { LiveSession } from '../identity/identity.js';
import type { Caller } from '../realtime/connection.js';

/** The session of a caller who must have one. @throws CoreError `not_authenticated` */
export function sessionOf(caller: Caller): LiveSession {
  if (!caller.identity) throw new CoreError('not_authenticated');
  return caller.identity.session;
}
