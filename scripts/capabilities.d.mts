export type Part = 'redis' | 'chromium' | 'python' | 'curl' | 'generator' | 'generators' | 'openssl' | Daemon;
type Daemon = 'nginx' | 'caddy' | 'haproxy' | 'pgbouncer' | 'naming';
export const programs: Readonly<Record<Part, string | undefined>>;
export const missing: readonly Part[];
export const everythingRequired: boolean;
export const leftOut: string;
