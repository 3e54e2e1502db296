import { SetMetadata } from '@nestjs/common';
import type { ErrorCode } from '../errors/catalogue.js';
import type { Amounts } from '../quotas/quota-kinds.js';
import type { Spending } from '../quotas/spending.js';
import type { Caller } from '../realtime/connection.js';
import type { CommandTurn } from '../realtime/ports.js';
import type { JsonSchema } from '../validation/fields.js';
import type { Dto } from '../validation/validate.js';

export const COMMAND = Symbol('command');
export const ALLOW_ANONYMOUS = Symbol('allow-anonymous');
export const SUPERUSER_ONLY = Symbol('superuser-only');

export interface CommandOptions<Payload extends object = object> {
  /** One sentence: what it does. */
  readonly summary: string;
  /** What the payload must be; a command without one takes none. */
  readonly payload?: Dto<Payload>;
  readonly answer?: JsonSchema;
  readonly example?: { readonly payload: object; readonly answer: unknown };
  /** Errors beyond those that follow from its access and its payload, for the documentation. */
  readonly errors?: readonly ErrorCode[];
  /** Only a codec may ask for it, never a client by its name. */
  readonly internal?: boolean;
  /**
   * What it spends of the caller's quotas, by its validated payload. Spent before the handler runs and given back where that fails, but for
   * what was looked up; the handler itself gives back what it turned out not to use (`Spending.giveBack`).
   */
  spends?(payload: NoInfer<Payload>): Amounts;
  /** Makes no sense without a live connection. */
  readonly liveOnly?: boolean;
  /**
   * What it costs in frames, 1 unless said: about 1.4 ms of a processor each. Taken from the allowance of the connection, of the user, and
   * over HTTP of the address, where a request is worth 12.
   */
  readonly weight?: Weight<NoInfer<Payload>>;
  /**
   * `none` where it never asks the database itself, or only by a batcher, which serves many callers with one statement. Others wait for
   * their turn: a user has few under way at a time.
   */
  readonly lane?: 'none';
  /** Whether what the same connection asks afterwards waits for it, or it waits for nothing. */
  readonly turn?: Exclude<CommandTurn, 'behind'>;
}

/** What a command weighs by what it is asked for. */
export interface WeightBy<Payload> {
  /** The least that it can weigh. */
  readonly least: number;
  /** How it grows, after «It weighs»: «2 frames, and 1 for each 50 chats of `limit`». */
  readonly by: string;
  of(payload: Payload): number;
  /** What it may turn out to weigh afterwards: as if it weighed so much, few of them run at a time. */
  readonly most?: number;
}

export type Weight<Payload> = number | WeightBy<Payload>;

/** What documents say of a weight; nothing where it is that of a frame. */
export function weightNote(weight: Weight<object> = 1): string | undefined {
  if (weight === 1) return undefined;
  return typeof weight === 'number' ? `${weight} frames` : weight.by;
}

export interface CommandMetadata extends CommandOptions {
  readonly domain: string;
  readonly name: string;
}

/** What a command's method looks like: it gets the validated payload, who asks and what was spent, and returns the answer's `data`. */
export type CommandHandler = (payload: never, caller: Caller, spending: Spending) => unknown;

/**
 * Makes a provider's method a command of every transport: raw WebSockets, Socket.IO and
 * `POST /api/v1/commands/{domain}/{command}`. It needs an account unless it says `@AllowAnonymous()`.
 * @param name `domain.command`, such as `system.ping`
 */
export function Command<Payload extends object>(name: `${string}.${string}`, options: CommandOptions<Payload>) {
  const [domain = '', command = ''] = name.split('.');
  const metadata: CommandMetadata = { ...options, domain, name: command };
  return <Method extends (payload: Payload, caller: Caller, spending: Spending) => unknown>(
    target: object,
    key: string | symbol,
    descriptor: TypedPropertyDescriptor<Method>,
  ): void => {
    SetMetadata(COMMAND, metadata)(target, key, descriptor);
  };
}

/** The command may be called without an account. */
export const AllowAnonymous = () => SetMetadata(ALLOW_ANONYMOUS, true);

/** The command is for superusers. */
export const SuperuserOnly = () => SetMetadata(SUPERUSER_ONLY, true);
