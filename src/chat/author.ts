import type { Caller } from '../realtime/connection.js';

/** The request that made an entry of a log. Its connection is answered, and does not receive the entry. */
export type Author = Pick<Caller, 'connection' | 'answer'>;
