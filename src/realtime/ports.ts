import type { Identity } from '../identity/identity.js';
import type { CommandFrame } from './codec.js';
import type { Caller } from './connection.js';

/** Runs commands; the command core provides it. */
export abstract class CommandRunner {
  /**
   * @returns the command's answer, at once where it is known at once
   * @throws CoreError (or rejects with it)
   */
  abstract run(call: Pick<CommandFrame, 'domain' | 'name' | 'payload' | 'internal'>, caller: Caller): unknown;
}

/** Finds out whom a token stands for; the auth room provides it. */
export abstract class TokenReader {
  /**
   * @returns null for a token that is not good; at once where the answer is remembered
   * @throws CoreError `unavailable` (or rejects with it) where it cannot be found out
   */
  abstract identify(token: string): Identity | null | Promise<Identity | null>;
}
