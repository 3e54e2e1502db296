import type { SqlTx } from '../../database/sql.js';
import { progress } from '../progress.js';
import type { Rooms } from '../with-rooms.js';
import type { Amounts } from './load-users.js';
import { PHRASES, topicOf } from './words.js';

/** Of whom chats are made. */
export interface Guests {
  /** The account to sign in with: it owns the first groups. */
  readonly login: number;
  readonly ids: readonly number[];
  /** Whether they have personal chats of their own already: what is made here are groups, then. */
  readonly areKnown: boolean;
}

interface Planned {
  readonly type: 'personal' | 'group';
  readonly name: string | null;
  readonly creator: number;
  readonly others: readonly number[];
}

/** A chat with the messages that it still gets, and gets in all. */
interface Open {
  readonly id: number;
  left: number;
  readonly total: number;
}

const CHATS_AT_ONCE = 200;
const MESSAGES_AT_ONCE = 5_000;
const GROUP_SIZES = [12, 3, 5, 8, 20, 50];
const GROUPS_OF_LOGIN = 100;
const DAYS = 14;

/** Many calls of one function of database/migrations/chats, in the order of the arrays. */
const CREATE_CHATS = `
  SELECT c.chat_id FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[]) WITH ORDINALITY AS w (type, name, creator, others, place)
  CROSS JOIN LATERAL create_chat(w.type, w.name, w.creator, w.others::bigint[]) c ORDER BY w.place`;
const BACKDATE_CHATS = 'UPDATE chats SET created_at = $2, last_activity_at = $2 WHERE id = ANY ($1)';
const BACKDATE_MEMBERS = 'UPDATE chat_members SET joined_at = $2 WHERE chat_id = ANY ($1)';

/** As every function that appends to a log: the chats are locked first, in the order of their ids, and their `last_seq` is read afterwards. */
const LOCK = 'SELECT FROM chats WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE';

/** When an entry was written: they are spread over the days up to $5. */
const momentOf = (seq: string): string =>
  `$5::timestamptz - interval '${DAYS} days' * greatest(0, 1 - (${seq})::float8 / w.total)`;

/**
 * Appends $2 of $3 messages to the chats $1: their members say the phrases $4. `append_messages` could not say when, and would be
 * sent every word of it. The plan on tables of any size: nested loops over the primary keys of chats and chat_members.
 */
const APPEND = `
  WITH wanted AS (
    SELECT c.id, c.last_seq, w.n, w.total, m.ids AS members
    FROM unnest($1::bigint[], $2::int[], $3::int[]) AS w (chat_id, n, total)
    JOIN chats c ON c.id = w.chat_id
    CROSS JOIN LATERAL (SELECT array_agg(m.user_id ORDER BY m.user_id) AS ids FROM chat_members m WHERE m.chat_id = c.id) m
  ), written AS (
    INSERT INTO messages (chat_id, seq, kind, sender_id, content, content_type, created_at)
    SELECT w.id, s.seq, 'message', w.members[1 + (s.seq + s.seq / 3 + s.seq / 11) % cardinality(w.members)],
      ($4::text[])[1 + (s.seq * 7 + w.id * 5) % cardinality($4)], 'text/plain', ${momentOf('s.seq')}
    FROM wanted w CROSS JOIN LATERAL generate_series(w.last_seq + 1, w.last_seq + w.n) AS s (seq)
  )
  UPDATE chats c SET last_seq = w.last_seq + w.n, last_activity_at = ${momentOf('w.last_seq + w.n')} FROM wanted w WHERE c.id = w.id`;

/** Most members have read everything, some are a few messages behind. */
const READ = `
  UPDATE chat_members m SET read_seq = greatest(0, c.last_seq - greatest(0, (m.user_id * 7 + c.id) % 9 - 3))
  FROM chats c WHERE c.id = m.chat_id AND c.id = ANY ($1)`;

/**
 * Makes chats, and messages spread over them evenly, some thousands in each transaction.
 * @param done counts what has been committed
 */
export async function makeChats({ sql }: Rooms, guests: Guests, wanted: Amounts, done: Amounts): Promise<void> {
  const now = new Date();
  const bar = progress(wanted.chats + wanted.messages, 'chats, messages');
  try {
    for (let first = 0; first < wanted.chats; first += CHATS_AT_ONCE) {
      const plans = Array.from({ length: Math.min(CHATS_AT_ONCE, wanted.chats - first) }, (_unused, i) =>
        planOf(first + i, guests),
      );
      const ids = await sql.transaction((tx) => create(tx, plans, now));
      done.chats += ids.length;
      bar.advance(ids.length);
      const open = ids.map((id, i) => chatWith(id, messagesOf(first + i, wanted)));
      for (let batch = nextBatch(open); batch.length > 0; batch = nextBatch(open)) {
        await sql.transaction((tx) => append(tx, batch, now));
        const written = batch.reduce((sum, { n }) => sum + n, 0);
        done.messages += written;
        bar.advance(written);
      }
    }
  } finally {
    bar.done();
  }
}

const messagesOf = (place: number, { chats, messages }: Amounts): number =>
  Math.floor(messages / chats) + (place < messages % chats ? 1 : 0);

const chatWith = (id: number, total: number): Open => ({ id, left: total, total });

/** Every fourth chat is a group; of two people there is one personal chat, so that where all pairs are taken the others are groups, too. */
function planOf(place: number, { login, ids, areKnown }: Guests): Planned {
  const at = (index: number): number => ids[index % ids.length] ?? login;
  const apart = 1 + Math.floor(place / ids.length);
  if (place % 4 !== 0 && !areKnown && 2 * apart < ids.length) {
    return { type: 'personal', name: null, creator: at(place), others: [at(place + apart)] };
  }
  const size = GROUP_SIZES[Math.floor(place / 4) % GROUP_SIZES.length] ?? 1;
  const members = new Set(place < 4 * GROUPS_OF_LOGIN ? [login] : []);
  for (let i = 0; i < size; i += 1) members.add(at(place * 13 + i));
  const [creator = login, ...others] = members;
  return { type: 'group', name: topicOf(place + 1), creator, others };
}

async function create(tx: SqlTx, plans: readonly Planned[], now: Date): Promise<number[]> {
  const rows = await tx.rows<{ chat_id: number }>(CREATE_CHATS, [
    plans.map(({ type }) => type),
    plans.map(({ name }) => name),
    plans.map(({ creator }) => creator),
    plans.map(({ others }) => `{${others.join(',')}}`),
  ]);
  const ids = rows.map(({ chat_id: id }) => id);
  const before = new Date(now.getTime() - DAYS * 86_400_000 - 60_000);
  await tx.affected(BACKDATE_CHATS, [ids, before]);
  await tx.affected(BACKDATE_MEMBERS, [ids, before]);
  return ids;
}

/** What is written next: as many messages as one transaction takes. Counts them as given. */
function nextBatch(
  open: readonly Open[],
): { readonly id: number; readonly n: number; readonly total: number; readonly ends: boolean }[] {
  let room = MESSAGES_AT_ONCE;
  return open.flatMap((chat) => {
    const n = Math.min(chat.left, room);
    if (n === 0) return [];
    chat.left -= n;
    room -= n;
    return [{ id: chat.id, n, total: chat.total, ends: chat.left === 0 }];
  });
}

async function append(tx: SqlTx, batch: ReturnType<typeof nextBatch>, now: Date): Promise<void> {
  const ids = batch.map(({ id }) => id);
  await tx.rows(LOCK, [ids]);
  await tx.affected(APPEND, [ids, batch.map(({ n }) => n), batch.map(({ total }) => total), PHRASES, now]);
  await tx.affected(READ, [batch.flatMap(({ id, ends }) => (ends ? [id] : []))]);
}
