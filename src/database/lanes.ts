/**
 * How many connections of a pool everything may use; the rest is kept for log-in, refresh, sessions and health, which may use any: one in
 * five, at least one.
 */
export const sharedConnections = (pool: number): number => pool - Math.max(1, Math.floor(pool / 5));
