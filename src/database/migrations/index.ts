import { Accounts1763676000000 } from './0001-accounts.js';

/** All migrations, oldest first. One that has landed is never rewritten. */
export const migrations = [Accounts1763676000000];
