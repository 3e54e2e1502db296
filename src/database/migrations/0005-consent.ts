import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APPEND_MESSAGES as APPEND_BEFORE } from './chats/append-messages.js';
import { CHANGE_MESSAGE as CHANGE_BEFORE } from './chats/change-message.js';
import { CREATE_CHAT as CREATE_BEFORE } from './chats/create-chat.js';
import { ADD_CHAT_MEMBERS as ADD_BEFORE, LEAVE_CHATS as LEAVE_BEFORE } from './chats/members.js';
import { APPEND_MESSAGES } from './consent/append-messages.js';
import { BLOCK_USER } from './consent/blocks.js';
import { CHANGE_MESSAGE } from './consent/change-message.js';
import { DROP_START_CHATS, START_CHATS } from './consent/create-chat.js';
import { DROP_MEMBERSHIP, MEMBERSHIP } from './consent/members.js';
import { DROP_RULES, RULES } from './consent/rules.js';
import { CONSENT_TABLES, DROP_CONSENT_TABLES } from './consent/tables.js';

const DROP_BEFORE = `
  DROP FUNCTION create_chat, add_chat_members, remove_chat_member, depart_from_chat, part_from_chat;
`;
const DROP_MESSAGES = 'DROP FUNCTION append_messages, change_message;';

/** Requests, blocks and privacy: who comes into which chat, and who sees whom. */
export class Consent1764200000000 implements MigrationInterface {
  readonly name = 'Consent1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    const functions = [RULES, START_CHATS, MEMBERSHIP, APPEND_MESSAGES, CHANGE_MESSAGE, BLOCK_USER];
    for (const part of [CONSENT_TABLES, DROP_BEFORE, ...functions]) await runner.query(part);
  }

  async down(runner: QueryRunner): Promise<void> {
    const drops = [
      'DROP FUNCTION block_user;',
      DROP_MESSAGES,
      DROP_MEMBERSHIP,
      DROP_START_CHATS,
      DROP_RULES,
      DROP_CONSENT_TABLES,
    ];
    for (const part of [...drops, CREATE_BEFORE, ADD_BEFORE, LEAVE_BEFORE, APPEND_BEFORE, CHANGE_BEFORE])
      await runner.query(part);
  }
}
