import type { SqlTx } from '../../database/sql.js';
import type { UsersRepository } from '../../users/users.repository.js';
import { ownerOrigin } from '../owner.js';
import type { Rooms } from '../with-rooms.js';
import { DEMO, PEOPLE } from './people.js';
import { type Entry, logOf, membersAtEnd, type Person, readSeqOf, type Talk } from './talk.js';
import { TALKS } from './talks.js';

/** What was made. */
export interface Filled {
  /** The user name to sign in with. */
  readonly username: string;
  /** The id of that account. */
  readonly id: number;
  /** Ids of those who have been there for two weeks and still are. */
  readonly active: readonly number[];
  readonly people: number;
  readonly chats: number;
  readonly messages: number;
}

const DAY_MS = 86_400_000;
/** Accounts are made in the morning, one after the other. */
const APART_MS = 97_000;
/** A chat is made a moment before something is said in it. */
const BEFORE_FIRST_MS = 40_000;

// The functions of database/migrations/chats: what they refuse to clients they refuse here.
const CREATE_CHAT = 'SELECT chat_id FROM create_chat($1, $2, $3, $4)';
const ADD_MEMBERS = 'SELECT seq FROM add_chat_members($1, $2, $3, $4)';
const REMOVE_MEMBER = 'SELECT seq FROM remove_chat_member($1, $2, $3)';
const CHANGE_MESSAGE = 'SELECT seq FROM change_message($1, $2, $3, $4, $5)';
const APPEND = `
  SELECT outcome, seq FROM append_messages(array_fill($1::bigint, ARRAY[cardinality($2::bigint[])]), $2, $3, $4,
    array_fill(NULL::text, ARRAY[cardinality($2)]), array_fill(NULL::text, ARRAY[cardinality($2)]))`;

// They all write the moment of the call. It is moved into the past in the same transaction, before anybody can have seen it.
const BACKDATE_USERS = `
  UPDATE users u SET created_at = b.created_at, updated_at = b.updated_at
  FROM unnest($1::bigint[], $2::timestamptz[], $3::timestamptz[]) AS b (id, created_at, updated_at) WHERE u.id = b.id`;
const BACKDATE_CHAT = 'UPDATE chats SET created_at = $2, last_activity_at = $3 WHERE id = $1';
const BACKDATE_LOG = `
  UPDATE messages m SET created_at = b.at
  FROM unnest($2::timestamptz[]) WITH ORDINALITY AS b (at, seq) WHERE m.chat_id = $1 AND m.seq = b.seq`;
const BACKDATE_MEMBERS = `
  UPDATE chat_members m SET joined_at = b.joined_at, read_seq = greatest(m.read_seq, b.read_seq)
  FROM unnest($2::bigint[], $3::timestamptz[], $4::bigint[]) AS b (user_id, joined_at, read_seq)
  WHERE m.chat_id = $1 AND m.user_id = b.user_id`;

/**
 * Makes the people of the demo, their chats and what they said, all of it or nothing. Times are relative to now, the rest is the same each
 * time; a name or an address that somebody has already gets a number.
 * @param passwordHash of the one password that all of them have
 * @throws CoreError `taken` where somebody gets one of the names at this moment; `unavailable`
 */
export function fillWithPeople({ sql, table, audit }: Rooms, passwordHash: string): Promise<Filled> {
  const now = new Date();
  return sql.transaction(async (tx) => {
    const ids = new Map<string, number>();
    const dates: (readonly [id: number, created: Date, updated: Date])[] = [];
    let login = DEMO;
    for (const [i, person] of PEOPLE.entries()) {
      const names = await freeNames(table, person);
      const rights = { isSuperuser: person.isSuperuser ?? false, isActive: person.inactiveSince === undefined };
      const user = await table.insert(tx, { ...names, fullName: person.fullName, passwordHash, ...rights });
      const details = { username: user.username, superuser: user.isSuperuser };
      await audit.write(tx, { action: 'user_created', actorId: null, userId: user.id, origin: ownerOrigin(), details });
      if (person.username === DEMO) login = user.username;
      ids.set(person.username, user.id);
      const created = daysBefore(now, person.since, i);
      dates.push([user.id, created, person.inactiveSince === undefined ? created : daysBefore(now, person.inactiveSince, i)]);
    }
    await tx.affected(BACKDATE_USERS, columnsOf(dates));
    let messages = 0;
    for (const talk of TALKS) messages += await holdTalk(tx, talk, ids, now);
    const active = PEOPLE.filter(({ since, inactiveSince }) => since > 14 && inactiveSince === undefined).map(({ username }) =>
      idOf(ids, username),
    );
    return { username: login, id: idOf(ids, DEMO), active, people: PEOPLE.length, chats: TALKS.length, messages };
  });
}

const daysBefore = (now: Date, days: number, place: number): Date => new Date(now.getTime() - days * DAY_MS + place * APART_MS);

/** Arrays of what stands in the rows' first, second … place. */
const columnsOf = (rows: readonly (readonly unknown[])[]): unknown[][] =>
  Array.from({ length: rows[0]?.length ?? 0 }, (_unused, i) => rows.map((row) => row[i]));

function idOf(ids: ReadonlyMap<string, number>, username: string): number {
  const id = ids.get(username);
  if (id === undefined) throw new Error(`Nobody of the demo is called ${username}`);
  return id;
}

async function freeNames(table: UsersRepository, person: Person): Promise<{ username: string; email: string | null }> {
  for (let n = 1; ; n += 1) {
    const end = n === 1 ? '' : `-${n}`;
    const username = person.username + end;
    const email = person.mail === undefined ? null : `${person.mail}${end}@example.com`;
    if (!(await table.isTaken(username, email))) return { username, email };
  }
}

/** Makes a chat with its log. @returns how many messages were said in it */
async function holdTalk(tx: SqlTx, talk: Talk, ids: ReadonlyMap<string, number>, now: Date): Promise<number> {
  const id = (username: string): number => idOf(ids, username);
  const [creator = DEMO, ...others] = talk.members;
  const type = talk.name === undefined ? 'personal' : 'group';
  const values = [type, talk.name ?? null, id(creator), others.map(id)];
  const [chat] = await tx.rows<{ chat_id: number }>(CREATE_CHAT, values);
  if (!chat) throw new Error('create_chat returned no chat');
  const chatId = chat.chat_id;
  if (talk.admins) await tx.rows(ADD_MEMBERS, [chatId, id(creator), talk.admins.map(id), 'admin']);
  const log = logOf(talk, now);
  await writeLog(tx, chatId, log, id);
  await tx.affected(BACKDATE_LOG, [chatId, log.map(({ at }) => at)]);
  const createdAt = new Date((log[0]?.at ?? now).getTime() - BEFORE_FIRST_MS);
  const lastSaid = log.findLast(({ kind }) => kind === 'message');
  await tx.affected(BACKDATE_CHAT, [chatId, createdAt, lastSaid?.at ?? createdAt]);
  const members = [...membersAtEnd(talk, log)].map((who) => {
    const joined = log.findLast((entry) => entry.kind === 'joined' && entry.member === who);
    return [id(who), joined?.at ?? createdAt, readSeqOf(log, who, talk.unread?.[who] ?? 0)] as const;
  });
  await tx.affected(BACKDATE_MEMBERS, [chatId, ...columnsOf(members)]);
  return log.filter(({ kind }) => kind === 'message').length;
}

/** Appends a log in its order, messages that follow each other at once. */
async function writeLog(tx: SqlTx, chatId: number, log: readonly Entry[], id: (username: string) => number): Promise<void> {
  let written = 0;
  while (written < log.length) {
    const said = messagesFrom(log, written);
    const rows = said.length > 0 ? await append(tx, chatId, said, id) : await change(tx, chatId, log[written], id);
    // Whatever was refused, or numbered otherwise than planned, would make nonsense of all that refers to it.
    for (const { seq } of rows) {
      written += 1;
      if (seq !== written) throw new Error(`Entry ${written} of a demo chat got the number ${seq}`);
    }
    if (rows.length === 0) throw new Error(`Entry ${written + 1} of a demo chat was not written`);
  }
}

type Numbered = { readonly seq: number };
type Said = Extract<Entry, { kind: 'message' }>;

function messagesFrom(log: readonly Entry[], start: number): Said[] {
  const said: Said[] = [];
  for (let entry = log[start]; entry?.kind === 'message'; entry = log[start + said.length]) said.push(entry);
  return said;
}

async function append(tx: SqlTx, chatId: number, said: readonly Said[], id: (username: string) => number): Promise<Numbered[]> {
  const columns = [said.map(({ by }) => id(by)), said.map(({ content }) => content), said.map(({ type }) => type)];
  return tx.rows<Numbered>(APPEND, [chatId, ...columns]);
}

async function change(
  tx: SqlTx,
  chatId: number,
  entry: Entry | undefined,
  id: (username: string) => number,
): Promise<Numbered[]> {
  if (!entry || entry.kind === 'message') return [];
  const by = id(entry.by);
  if ('member' in entry) {
    const member = id(entry.member);
    return entry.kind === 'joined'
      ? tx.rows<Numbered>(ADD_MEMBERS, [chatId, by, [member], null])
      : tx.rows<Numbered>(REMOVE_MEMBER, [chatId, by, member]);
  }
  const content = entry.kind === 'edited' ? entry.content : null;
  return tx.rows<Numbered>(CHANGE_MESSAGE, [chatId, by, entry.target, entry.kind, content]);
}
