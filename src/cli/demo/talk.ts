/** Somebody of the demo. */
export interface Person {
  readonly username: string;
  readonly fullName: string;
  /** Before the @; without it the account has no address. */
  readonly mail?: string;
  /** Days ago on which the account was made. */
  readonly since: number;
  readonly isSuperuser?: true;
  /** Days ago on which it was deactivated. */
  readonly inactiveSince?: number;
}

/** What becomes of a message right after it was sent. */
interface Afterwards {
  readonly edit?: string;
  readonly deleted?: true;
  /** Its content type, where it is not plain text. */
  readonly type?: string;
}

/** Something said, by user name; or somebody taken into a group or out of it. */
export type Line =
  | readonly [who: string, text: string, afterwards?: Afterwards]
  | { readonly by: string; readonly adds: string }
  | { readonly by: string; readonly removes: string };

/** What is said in one go. */
export interface Scene {
  /** Hours ago at which it ends. */
  readonly ago: number;
  readonly lines: readonly Line[];
}

/** A chat and all that is said in it. */
export interface Talk {
  /** Of a group; a personal chat has none. */
  readonly name?: string;
  /** User names; the first one makes the chat. */
  readonly members: readonly string[];
  readonly admins?: readonly string[];
  readonly scenes: readonly Scene[];
  /** How many messages of others are still unread; whoever is not named has read everything. */
  readonly unread?: Readonly<Record<string, number>>;
}

/** One entry of a chat's log; the first one has the `seq` 1, the next one 2 and so on. */
export type Entry = { readonly by: string; readonly at: Date } & (
  | { readonly kind: 'message'; readonly content: string; readonly type: string }
  | { readonly kind: 'edited'; readonly target: number; readonly content: string }
  | { readonly kind: 'deleted'; readonly target: number }
  | { readonly kind: 'joined' | 'left'; readonly member: string }
);

type Deed = Entry extends infer E ? (E extends Entry ? Omit<E, 'at'> : never) : never;

const HOUR_MS = 3_600_000;
const PLAIN = 'text/plain';

/** Milliseconds that somebody takes before an entry is there: longer texts take longer, and nobody is as regular as a clock. */
function pauseBefore(entry: Deed, seq: number): number {
  const length = 'content' in entry ? entry.content.length : 0;
  return 9_000 + Math.min(length, 160) * 350 + ((seq * 7_919) % 61) * 970;
}

/** The log of a chat as of a moment. */
export function logOf({ scenes }: Talk, now: Date): Entry[] {
  const log: Entry[] = [];
  for (const { ago, lines } of scenes) {
    const deeds = lines.reduce<Deed[]>((done, line) => [...done, ...deedsOf(line, log.length + done.length + 1)], []);
    const pauses = deeds.map((deed, i) => pauseBefore(deed, log.length + i + 1));
    let at = now.getTime() - ago * HOUR_MS - pauses.reduce((sum, pause) => sum + pause, 0);
    deeds.forEach((deed, i) => {
      at += pauses[i] ?? 0;
      log.push({ ...deed, at: new Date(at) });
    });
  }
  return log;
}

/** @param seq of the first of them */
function deedsOf(line: Line, seq: number): Deed[] {
  if ('adds' in line) return [{ kind: 'joined', by: line.by, member: line.adds }];
  if ('removes' in line) return [{ kind: 'left', by: line.by, member: line.removes }];
  const [by, content, { edit, deleted, type = PLAIN } = {}] = line;
  const deeds: Deed[] = [{ kind: 'message', by, content, type }];
  if (edit !== undefined) deeds.push({ kind: 'edited', by, target: seq, content: edit });
  if (deleted) deeds.push({ kind: 'deleted', by, target: seq });
  return deeds;
}

/** How far somebody has read who has `unread` messages of others left. */
export function readSeqOf(log: readonly Entry[], who: string, unread: number): number {
  if (unread === 0) return log.length;
  const deleted = new Set(log.map((entry) => (entry.kind === 'deleted' ? entry.target : 0)));
  const others = log.flatMap(({ kind, by }, i) => (kind === 'message' && by !== who && !deleted.has(i + 1) ? [i + 1] : []));
  return (others.at(-unread) ?? 1) - 1;
}

/** Who is in the chat in the end. */
export function membersAtEnd({ members }: Talk, log: readonly Entry[]): Set<string> {
  const present = new Set(members);
  for (const entry of log) {
    if (entry.kind === 'joined') present.add(entry.member);
    if (entry.kind === 'left') present.delete(entry.member);
  }
  return present;
}
