import { Injectable } from '@nestjs/common';
import { LiveSessions } from '../auth/live-sessions.js';
import { CoreError } from '../errors/catalogue.js';
import { coreErrorOf } from '../errors/core-error-of.js';
import { type Identity, isOver } from '../identity/identity.js';
import { DatabaseLanes } from '../ops/database-lanes.js';
import { Quotas } from '../quotas/quotas.js';
import { NOTHING_SPENT, type Spending } from '../quotas/spending.js';
import type { CommandFrame } from '../realtime/codec.js';
import type { Caller } from '../realtime/connection.js';
import { CommandRunner, type CommandTurn } from '../realtime/ports.js';
import { validate } from '../validation/validate.js';
import { CommandCosts, likelyWeightOf } from './command-costs.js';
import { CommandRegistry, type RegisteredCommand } from './registry.js';

type Call = Pick<CommandFrame, 'domain' | 'name' | 'payload' | 'internal'>;

/**
 * The one gate in front of every command, whatever brought it: it is found, the caller's right to it is checked, the
 * payload is validated, what it weighs is charged, what it spends is counted, it waits for its turn, the outcome is counted. What is known
 * at once is returned at once, without a promise.
 */
@Injectable()
export class Dispatcher extends CommandRunner {
  constructor(
    private readonly registry: CommandRegistry,
    private readonly sessions: LiveSessions,
    private readonly costs: CommandCosts,
    private readonly quotas: Quotas,
    private readonly lanes: DatabaseLanes,
  ) {
    super();
  }

  override turnOf({ domain, name }: Call): CommandTurn {
    return this.registry.find(domain, name)?.turn ?? 'behind';
  }

  override run(call: Call, caller: Caller): unknown {
    const command = this.registry.find(call.domain, call.name);
    if (!command || (command.internal && !call.internal)) throw new CoreError('unknown_command');
    if (caller.identity?.session.state === 'stale') return this.runStale(command, call.payload, caller, caller.identity);
    try {
      authorise(command, caller);
      const answer = this.call(command, call.payload, caller);
      if (answer instanceof Promise) return this.counted(command, answer);
      count(command, 'ok');
      return answer;
    } catch (thrown) {
      throw counted(command, thrown);
    }
  }

  /** Something about the session changed: it is read again before anything is decided. */
  private async runStale(command: RegisteredCommand, payload: unknown, caller: Caller, identity: Identity): Promise<unknown> {
    try {
      await this.sessions.refresh(identity.session);
      authorise(command, caller);
      const answer = await this.call(command, payload, caller);
      count(command, 'ok');
      return answer;
    } catch (thrown) {
      throw counted(command, thrown);
    }
  }

  private call(command: RegisteredCommand, payload: unknown, caller: Caller): unknown {
    const input = command.payload ? validate(command.payload, payload ?? {}, 'payload') : {};
    const charging = this.costs.charge(command, input, caller);
    return charging ? charging.then(() => this.spend(command, input, caller)) : this.spend(command, input, caller);
  }

  private spend(command: RegisteredCommand, input: object, caller: Caller): unknown {
    const { identity, origin } = caller;
    if (!command.spends || !identity) return this.handle(command, input, caller, NOTHING_SPENT);
    const spender = { userId: identity.session.userId, address: origin.address };
    const spending = this.quotas.spend(spender, command.spends(input));
    if (spending instanceof Promise) return spending.then((spent) => this.handleSpent(command, input, caller, spent));
    return this.handleSpent(command, input, caller, spending);
  }

  /** What was spent is given back if the handler fails. */
  private handleSpent(command: RegisteredCommand, input: object, caller: Caller, spending: Spending): unknown {
    const fail = (thrown: unknown): never => {
      spending.failed(coreErrorOf(thrown));
      throw thrown;
    };
    try {
      const answer = this.handle(command, input, caller, spending);
      return answer instanceof Promise ? answer.catch(fail) : answer;
    } catch (thrown) {
      return fail(thrown);
    }
  }

  private handle(command: RegisteredCommand, input: object, caller: Caller, spending: Spending): unknown {
    const handler = command.handler as (payload: object, caller: Caller, spending: Spending) => unknown;
    if (command.lane === 'none') return handler(input, caller, spending);
    const work = (): unknown => {
      this.costs.checkDebt(caller);
      return handler(input, caller, spending);
    };
    return this.lanes.run(caller, work, likelyWeightOf(command, input));
  }

  private async counted(command: RegisteredCommand, answer: Promise<unknown>): Promise<unknown> {
    try {
      const data = await answer;
      count(command, 'ok');
      return data;
    } catch (thrown) {
      throw counted(command, thrown);
    }
  }
}

/** @throws CoreError where the caller may not run the command; no metadata means that an account is needed */
function authorise(command: RegisteredCommand, { identity, connection }: Caller): void {
  if (identity && isOver(identity, Date.now())) throw new CoreError('not_authenticated');
  if (command.access !== 'anonymous' && !identity) throw new CoreError('not_authenticated');
  if (command.access === 'superuser' && !identity?.session.isSuperuser) throw new CoreError('forbidden');
  if (command.liveOnly && !connection) throw new CoreError('conflict', { detail: 'This command needs a live connection' });
}

function counted(command: RegisteredCommand, thrown: unknown): CoreError {
  const error = coreErrorOf(thrown);
  count(command, error.code);
  return error;
}

function count(command: RegisteredCommand, outcome: string): void {
  command.outcomes.set(outcome, (command.outcomes.get(outcome) ?? 0) + 1);
}
