import type { Identity } from '../identity/identity.js';
import type { CommandFrame } from './codec.js';
import type { Caller } from './connection.js';

type Call = Pick<CommandFrame, 'domain' | 'name' | 'payload' | 'internal'>;

/**
 * How a command stands to the others of its connection. `barrier`: those behind it wait until it is answered, because it changes who they
 * are asked by. `free`: it waits for nothing. Else it waits for a barrier before it.
 */
export type CommandTurn = 'barrier' | 'free' | 'behind';

/** Runs commands; the command core provides it. */
export abstract class CommandRunner {
  /**
   * @returns the command's answer, at once where it is known at once
   * @throws CoreError (or rejects with it)
   */
  abstract run(call: Call, caller: Caller): unknown;

  turnOf(_call: Call): CommandTurn {
    return 'behind';
  }
}

/** Finds out whom a token stands for; the auth room provides it. */
export abstract class TokenReader {
  /**
   * @returns null for a token that is not good; at once where the answer is remembered
   * @throws CoreError `unavailable` (or rejects with it) where it cannot be found out
   */
  abstract identify(token: string): Identity | null | Promise<Identity | null>;
}
