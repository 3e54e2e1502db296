import { isIP } from 'node:net';
import { z } from 'zod';
import { databaseUrl, isWebOrigin, publicUrl, serviceUrl } from './url-settings.js';

/** The protocols that can be served, in the order in which the start text names them. */
export const PROTOCOL_NAMES = ['game', 'rest', 'mcp', 'messenger', 'socketio'] as const;
export type ProtocolName = (typeof PROTOCOL_NAMES)[number];

const listOf = (value: string): string[] => value.split(',').flatMap((part) => part.trim() || []);

const toggle = (byDefault: 'on' | 'off') =>
  z
    .enum(['on', 'off'], { error: 'on or off' })
    .default(byDefault)
    .transform((value) => value === 'on');

const wholeNumber = (min: number, max: number, byDefault: number) => {
  const allowed = `a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, { error: allowed })
    .transform(Number)
    .pipe(z.number().min(min, { error: allowed }).max(max, { error: allowed }))
    .default(byDefault);
};

/** 0 is no limit. */
const quota = (byDefault: number) => wholeNumber(0, 1_000_000_000, byDefault);

const protocols = z
  .string()
  .default(PROTOCOL_NAMES.join(','))
  .refine((value) => listOf(value).length > 0 && listOf(value).every((name) => PROTOCOL_NAMES.some((known) => known === name)), {
    error: `a comma list of ${PROTOCOL_NAMES.join(', ')}`,
  })
  .transform((value): readonly ProtocolName[] => PROTOCOL_NAMES.filter((name) => listOf(value).includes(name)));

const origins = z
  .string()
  .default('')
  .refine((value) => listOf(value).every(isWebOrigin), {
    error: 'a comma list of origins such as https://app.example.com, without wildcards',
  })
  .transform(listOf);

/** An address, or a network as an address and the length of its prefix in bits. A prefix of 0 would trust everybody: that is `true`. */
function isNetwork(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const bits = { 4: 32, 6: 128 }[isIP(address)];
  if (bits === undefined || address.includes('%') || more.length > 0) return false;
  return prefix === undefined || (/^[1-9]\d{0,2}$/.test(prefix) && Number(prefix) <= bits);
}

const NAMED_NETWORKS = ['loopback', 'linklocal', 'uniquelocal'];
const trustProxy = z
  .string()
  .default('false')
  .refine(
    (value) =>
      /^(true|false|\d{1,2})$/.test(value) ||
      (listOf(value).length > 0 && listOf(value).every((part) => NAMED_NETWORKS.includes(part) || isNetwork(part))),
    { error: 'true, false, a number of hops, or a comma list of addresses, networks, loopback, linklocal, uniquelocal' },
  )
  .transform((value): boolean | number | string[] => {
    if (value === 'true' || value === 'false') return value === 'true';
    return /^\d+$/.test(value) ? Number(value) : listOf(value);
  });

const secret = z
  .string()
  .refine((value) => Buffer.byteLength(value) >= 32, { error: 'at least 32 bytes of secret' })
  .optional();

const MAILBOX = /^(?:[^<>\r\n]*<[^\s<>@,;]+@[^\s<>@,;]+>|[^\s<>@,;]+@[^\s<>@,;]+)$/;
const sender = z
  .string()
  .regex(MAILBOX, { error: 'an e-mail address, or a name and one: Switchboard <no-reply@example.com>' })
  .default('Switchboard <no-reply@localhost>');

const schema = z.object({
  NODE_ENV: z.string().default('development'),
  HOST: z.string().min(1, { error: 'a host name or an address' }).default('localhost'),
  PORT: wholeNumber(0, 65_535, 8000),
  PUBLIC_URL: publicUrl,
  DATABASE_URL: databaseUrl,
  DATABASE_POOL: wholeNumber(2, 200, 10),
  DATA_DIR: z.string().min(1, { error: 'a folder' }).default('./.data'),
  REDIS_URL: serviceUrl('redis', 'rediss'),
  APP_SECRET: secret,
  PREVIOUS_APP_SECRET: secret,
  ACCESS_TOKEN_TTL: wholeNumber(1, 31_536_000, 3600),
  SESSION_TTL: wholeNumber(1, 315_360_000, 2_592_000),
  LOST_ANSWER_SEC: wholeNumber(0, 300, 10),
  FIRST_SUPERUSER_USERNAME: z.string().optional(),
  FIRST_SUPERUSER_EMAIL: z.string().optional(),
  FIRST_SUPERUSER_PASSWORD: z.string().optional(),
  RATE_LIMIT: toggle('on'),
  RATE_LIMIT_GENERAL: wholeNumber(1, 1_000_000, 30),
  RATE_LIMIT_API: wholeNumber(1, 1_000_000, 10),
  RATE_LIMIT_BURST: wholeNumber(0, 1_000_000, 20),
  LOGIN_THROTTLE: toggle('on'),
  HEARTBEAT_SEC: wholeNumber(1, 3600, 30),
  PROTOCOLS: protocols,
  SMTP_URL: serviceUrl('smtp', 'smtps'),
  MAIL_FROM: sender,
  RECOVERY_TTL: wholeNumber(1, 604_800, 600),
  PASSWORD_BLOCKLIST: toggle('off'),
  REPORT_RETENTION_DAYS: wholeNumber(1, 36_500, 180),
  TRUST_PROXY: trustProxy,
  CORS_ORIGINS: origins,
  REGISTRATION: z.enum(['open', 'closed'], { error: 'open or closed' }).default('open'),
  CONTACTS: z.enum(['open', 'request'], { error: 'open or request' }).default('open'),
  MAX_CONNECTIONS_PER_USER: wholeNumber(0, 1_000_000, 100),
  MAX_CONNECTIONS_PER_ADDRESS: wholeNumber(0, 1_000_000, 1000),
  MAX_ANONYMOUS_CONNECTIONS_PER_ADDRESS: wholeNumber(0, 1_000_000, 200),
  QUOTA_MESSAGES_PER_DAY: quota(50_000),
  QUOTA_MEGABYTES_PER_DAY: quota(200),
  QUOTA_CHATS_PER_DAY: quota(500),
  QUOTA_MEMBERS_PER_DAY: quota(5_000),
  QUOTA_LOOKUPS_PER_HOUR: quota(5_000),
  QUOTA_REPORTS_PER_DAY: quota(50),
  QUOTA_MAILS_PER_DAY: quota(20),
  QUOTA_MATCHES_PER_USER: quota(20),
  QUOTA_MATCHES_PER_ADDRESS: quota(100),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
      error: 'fatal, error, warn, info, debug, trace or silent',
    })
    .default('info'),
});

/** The names of all settings. */
export const SETTING_NAMES: readonly string[] = Object.keys(schema.shape);

const SECRETS = /APP_SECRET$|_PASSWORD$|_URL$/;

/** One setting that cannot be used; `message` is the whole line to print. */
export class SettingsError extends Error {
  constructor(name: string, given: string | undefined, allowed: string) {
    const shown =
      given === undefined ? 'nothing' : SECRETS.test(name) ? `${given.length} characters (not shown)` : JSON.stringify(given);
    super(`${name}: given ${shown}, allowed is ${allowed}`);
    this.name = 'SettingsError';
  }
}

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging -- the class is the injection token of the parsed values
export interface Settings extends z.output<typeof schema> {}

/** All settings of one server, validated. Inject it by this class; `docs/operations.md` describes each. */
export abstract class Settings {
  /**
   * Reads settings from raw variables, as the environment has them.
   * @throws SettingsError whose message names the variable, what was given and what is allowed
   */
  static from(variables: Readonly<Record<string, string | undefined>>): Settings {
    // An empty variable means «not set»: compose files and CI write `NAME=` for that.
    const given = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined && value !== ''));
    const result = schema.safeParse(given);
    if (!result.success) {
      const issue = result.error.issues[0];
      const name = String(issue?.path[0]);
      throw new SettingsError(name, given[name], issue?.message ?? 'another value');
    }
    const settings = result.data;
    if (settings.NODE_ENV === 'production' && settings.DATABASE_URL && !settings.APP_SECRET) {
      throw new SettingsError('APP_SECRET', undefined, 'at least 32 bytes of secret (required in production with DATABASE_URL)');
    }
    return settings;
  }
}
