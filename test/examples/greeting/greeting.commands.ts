import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Bus, type JsonValue } from '../../../src/bus/bus.js';
import { AllowAnonymous, Command } from '../../../src/commands/command.js';
import { CoreError } from '../../../src/errors/catalogue.js';
import type { Caller } from '../../../src/realtime/connection.js';
import { Emits } from '../../../src/realtime/events.js';
import { Hub } from '../../../src/realtime/hub.js';
import { Int, Text } from '../../../src/validation/fields.js';

const TOPIC = 'greeting';

class GreetPayload {
  @Text({ min: 1, max: 64, description: 'Who is greeted', example: 'Alice' })
  name!: string;
}

class SendPayload {
  @Int({ min: 1, description: 'Id of the account', example: 2 })
  user_id!: number;

  @Text({ min: 1, max: 200, example: 'Good morning' })
  text!: string;
}

/** The `greeting` domain. */
@Injectable()
@Emits({
  name: 'greeting.received',
  summary: 'Another user greets; every connection of the one who is greeted hears it.',
  data: { type: 'object', properties: { from: { type: 'string' }, text: { type: 'string' } }, required: ['from', 'text'] },
  example: { from: 'alice', text: 'Good morning' },
})
export class GreetingCommands implements OnModuleInit, OnModuleDestroy {
  private unsubscribe: () => void = () => undefined;

  constructor(
    private readonly bus: Bus,
    private readonly hub: Hub,
  ) {}

  onModuleInit(): void {
    this.unsubscribe = this.bus.subscribe(TOPIC, (message) => this.deliver(message));
  }

  onModuleDestroy(): void {
    this.unsubscribe();
  }

  @Command('greeting.greet', {
    summary: 'Greets whoever asks.',
    payload: GreetPayload,
    answer: { type: 'object', properties: { text: { type: 'string' } }, required: ['text'] },
    example: { payload: { name: 'Alice' }, answer: { text: 'Hello, Alice!' } },
  })
  @AllowAnonymous()
  greet({ name }: GreetPayload): { text: string } {
    return { text: `Hello, ${name}!` };
  }

  @Command('greeting.send', { summary: 'Greets another user, on every connection.', payload: SendPayload, errors: ['conflict'] })
  send({ user_id, text }: SendPayload, { identity }: Caller): object {
    // Without @AllowAnonymous() nobody gets here without an account.
    if (user_id === identity?.session.userId) throw new CoreError('conflict', { detail: 'You cannot greet yourself' });
    this.bus.publish(TOPIC, { to: user_id, from: identity?.session.username, text });
    return {};
  }

  /** Called on every node; only those where the user is connected have something to do. */
  private deliver(message: JsonValue): void {
    if (typeof message !== 'object' || message === null || !('to' in message) || typeof message.to !== 'number') return;
    const { to, from, text } = message;
    this.hub.toUsers([to], { domain: 'greeting', event: 'received', data: { from, text } });
  }
}
