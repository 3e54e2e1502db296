import type { MigrationInterface, QueryRunner } from 'typeorm';
import { APPEND_MESSAGES as APPEND_BEFORE } from './consent/append-messages.js';
import { CHANGE_MESSAGE as CHANGE_BEFORE } from './consent/change-message.js';
import { CHANGE_MESSAGE } from './deletion/change-message.js';
import { DROP_ERASE_MESSAGE, ERASE_MESSAGE } from './deletion/erase-message.js';
import { ENTER_CHAT, MEMBERSHIP, MEMBERSHIP_BEFORE } from './deletion/membership.js';
import { APPEND_MESSAGES, DROP_SEND_MESSAGES, SEND_MESSAGES } from './deletion/send-messages.js';
import { TAKE_DOWN_BEFORE, TAKE_DOWN_MESSAGE } from './deletion/take-down-message.js';
import { indexMessages, partitionsOfMessages } from './partitions.js';

/** The edits of a message, which are erased with it and copied into reports. */
const EDITS = { index: 'messages_edits_idx', columns: `(chat_id, target_seq, seq) WHERE kind = 'edited'` };
/** When somebody left a chat, or was removed. */
const LEFT = { index: 'messages_left_idx', columns: `(chat_id, member_id, seq) WHERE kind = 'left'` };

/** Pages of a partition in which deleted texts are looked for in one transaction: 32 MiB. */
const STEP_PAGES = 4_096;

/** Nothing else writes the rows of a message that is deleted already, so a step keeps nobody waiting. */
const eraseStep = (partition: string): readonly string[] => {
  const within = (row: string): string => `${row}.ctid >= $1::tid AND ${row}.ctid < $2::tid`;
  return [
    `UPDATE ${partition} m SET content = NULL, content_type = NULL, edited_content = NULL
     WHERE ${within('m')} AND m.kind = 'message' AND m.deleted_seq IS NOT NULL
       AND (m.content IS NOT NULL OR m.content_type IS NOT NULL OR m.edited_content IS NOT NULL)`,
    `UPDATE ${partition} e SET content = NULL, content_type = NULL
     WHERE ${within('e')} AND e.kind = 'edited' AND e.content IS NOT NULL AND EXISTS (
       SELECT 1 FROM ${partition} m WHERE m.chat_id = e.chat_id AND m.seq = e.target_seq AND m.deleted_seq IS NOT NULL
     )`,
  ];
};

/** Erases what was deleted before this version. Rows that change meanwhile move on to new pages, and are erased by what changes them. */
async function eraseDeleted(runner: QueryRunner, partition: string): Promise<void> {
  const [size] = (await runner.query(
    `SELECT ceil(pg_relation_size($1::regclass) / current_setting('block_size')::numeric)::int AS pages`,
    [partition],
  )) as { pages: number }[];
  for (let page = 0; page < (size?.pages ?? 0); page += STEP_PAGES) {
    for (const statement of eraseStep(partition)) await runner.query(statement, [`(${page},0)`, `(${page + STEP_PAGES},0)`]);
  }
}

/**
 * A deletion erases the text; deleting and leaving can be repeated; only messages move a chat in lists, and a message reads its chat for its
 * sender.
 */
export class Deletion1764500000000 implements MigrationInterface {
  readonly name = 'Deletion1764500000000';
  /** Without keeping writers out; one that was broken off begins where it stopped. */
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const { index, columns } of [EDITS, LEFT]) await indexMessages(runner, index, columns);
    // In one transaction, and before the old texts are erased: from here on no deletion leaves any.
    const functions = [ERASE_MESSAGE, CHANGE_MESSAGE, TAKE_DOWN_MESSAGE, SEND_MESSAGES, APPEND_MESSAGES, ENTER_CHAT, MEMBERSHIP];
    await runner.query(functions.join('\n'));
    for (const partition of await partitionsOfMessages(runner)) await eraseDeleted(runner, partition);
  }

  /** The functions as they were. What is erased stays erased. */
  async down(runner: QueryRunner): Promise<void> {
    const functions = [MEMBERSHIP_BEFORE, APPEND_BEFORE, DROP_SEND_MESSAGES, TAKE_DOWN_BEFORE, CHANGE_BEFORE, DROP_ERASE_MESSAGE];
    await runner.query(functions.join('\n'));
    await runner.query(`DROP INDEX ${EDITS.index}, ${LEFT.index}`);
  }
}
