import { Injectable } from '@nestjs/common';
import { sessionOf } from '../../commands/caller.js';
import { Command } from '../../commands/command.js';
import { invalidInput } from '../../errors/catalogue.js';
import type { Caller } from '../../realtime/connection.js';
import { MISSING } from '../../validation/fields.js';
import { BlockedPayload, ContactPayload, PrivacyPayload } from './contacts.payloads.js';
import { BLOCKED_EXAMPLE, BLOCKED_PAGE_SCHEMA, BLOCKED_SCHEMA, PRIVACY_SCHEMA, USER_ID_SCHEMA } from './contacts.schemas.js';
import { type BlockedPage, type BlockedUser, ContactsService, type Privacy } from './contacts.service.js';

/** The `contacts` domain: whom the caller has blocked, and what others see of the caller. */
@Injectable()
export class ContactsCommands {
  constructor(private readonly contacts: ContactsService) {}

  @Command('contacts.block', {
    summary:
      'Blocks a user: nothing of theirs reaches the caller any more, neither sees when the other is online, and they do not notice.',
    payload: ContactPayload,
    answer: BLOCKED_SCHEMA,
    example: { payload: { username: 'bob' }, answer: BLOCKED_EXAMPLE },
    errors: ['not_found', 'conflict'],
    weight: 2,
    spends: () => ({ lookups: 1 }),
  })
  async block(payload: ContactPayload, caller: Caller): Promise<BlockedUser> {
    const { userId } = sessionOf(caller);
    const other = await this.otherOf(payload, userId);
    return this.contacts.block(userId, other, caller.connection);
  }

  @Command('contacts.unblock', {
    summary: 'Ends a block. Messages that were withheld are in the history from then on.',
    payload: ContactPayload,
    answer: USER_ID_SCHEMA,
    example: { payload: { user_id: 2 }, answer: { user_id: 2 } },
    errors: ['not_found'],
    weight: 2,
    spends: () => ({ lookups: 1 }),
  })
  async unblock(payload: ContactPayload, caller: Caller): Promise<object> {
    const { userId } = sessionOf(caller);
    const other = await this.otherOf(payload, userId);
    await this.contacts.unblock(userId, other, caller.connection);
    return { user_id: other };
  }

  @Command('contacts.blocked', {
    summary: 'Lists whom the caller has blocked, the newest first.',
    payload: BlockedPayload,
    answer: BLOCKED_PAGE_SCHEMA,
    example: { payload: { limit: 100 }, answer: { blocked: [BLOCKED_EXAMPLE], next_cursor: null } },
    weight: 3,
  })
  blocked({ limit, cursor }: BlockedPayload, caller: Caller): Promise<BlockedPage> {
    return this.contacts.blocked(sessionOf(caller).userId, limit ?? 100, cursor ?? null);
  }

  @Command('contacts.privacy', {
    summary: 'Says what others see of the caller.',
    answer: PRIVACY_SCHEMA,
    example: { payload: {}, answer: { share_presence: true } },
  })
  privacy(_payload: object, caller: Caller): Promise<Privacy> {
    return this.contacts.privacy(sessionOf(caller).userId);
  }

  @Command('contacts.set_privacy', {
    summary: "Hides the caller's presence, typing and read positions from everybody else, or shows them again. In force at once.",
    payload: PrivacyPayload,
    answer: PRIVACY_SCHEMA,
    example: { payload: { share_presence: false }, answer: { share_presence: false } },
    // Members of up to a thousand chats learn of it each time.
    weight: 20,
  })
  setPrivacy({ share_presence }: PrivacyPayload, caller: Caller): Promise<Privacy> {
    return this.contacts.setPrivacy(sessionOf(caller).userId, { share_presence }, caller.connection);
  }

  /** @throws CoreError `invalid_input` for nobody, two ways to name somebody, or the caller; `not_found` */
  private async otherOf({ user_id, username }: ContactPayload, userId: number): Promise<number> {
    const [id, name] = [user_id ?? null, username ?? null];
    if (id === null && name === null) throw invalidInput({ loc: ['payload', 'user_id'], ...MISSING });
    if (id !== null && name !== null) {
      throw invalidInput({ loc: ['payload', 'username'], msg: 'either user_id or username', type: 'value_error.user' });
    }
    const other = await this.contacts.idOf({ id, name });
    if (other !== userId) return other;
    const field = id === null ? 'username' : 'user_id';
    throw invalidInput({ loc: ['payload', field], msg: 'this is the caller', type: 'value_error.user' });
  }
}
