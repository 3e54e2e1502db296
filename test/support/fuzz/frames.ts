import assert from 'node:assert/strict';
import fc, { type Arbitrary } from 'fast-check';
import type { Parsed } from '../http-client.js';
import type { Describer } from './described.js';
import { type Finale, finale, packed, packing, type Packing } from './packets.js';
import type { Grammar } from './schema.js';
import { mutated } from './schema.js';
import type { FuzzSocket } from './socket.js';
import { noObject, written } from './text.js';
import { type Actor, TOKEN } from './world.js';

/** Why the server may close a connection that sends what nobody means. */
const FAIR = [1002, 1007, 1008, 1009, 4400, 4401, 4429];
/** What no answer may say of itself: a fault of the server's own, in the words of each protocol. */
const INTERNAL = /"code":"internal"|"status":50[0-24-9]|Internal server error/i;

/** One message to the server. */
export interface Message {
  /** The request of whose example it was made; empty for what is none. */
  readonly request: string;
  readonly text: string;
  /** Sent instead of the text, as a binary message. */
  readonly binary: Uint8Array | undefined;
  readonly packing: Packing;
}

/** What is sent over one connection. */
export interface Session {
  readonly actor: Actor;
  readonly messages: readonly Message[];
  readonly finale: Finale | undefined;
}

/** Messages made of the requests of a protocol: most of them by the grammar with something wrong, some of them noise. */
export function messages(describer: Describer, grammar: Grammar): Arbitrary<Message> {
  const requests = describer.asked.map((asked) =>
    fc.record({
      request: fc.constant(asked.name),
      text: written(mutated(grammar.valueOf(asked.request.payload))),
      binary: fc.constant(undefined),
      packing,
    }),
  );
  const noise = fc.record({ request: fc.constant(''), text: noObject, binary: fc.constant(undefined), packing });
  const binary = fc.uint8Array({ maxLength: 60 });
  const bytes = fc.record({ request: fc.constant(''), text: fc.constant(''), binary, packing });
  return fc.oneof(
    { weight: 60, arbitrary: fc.oneof(...requests) },
    { weight: 2, arbitrary: noise },
    { weight: 1, arbitrary: bytes },
  );
}

export const sessions = (message: Arbitrary<Message>, actor: Arbitrary<Actor>): Arbitrary<Session> =>
  fc.record({ actor, messages: fc.array(message, { minLength: 1, maxLength: 40, size: 'max' }), finale });

/** Sends the messages in as many packets as they are to take. */
function sendAll(socket: FuzzSocket, list: readonly Message[], token: string): void {
  let waiting: Buffer[] = [];
  for (const { text, binary, packing: how } of list) {
    const payload = binary ? Buffer.from(binary) : Buffer.from(text.replaceAll(TOKEN, token));
    waiting.push(packed(payload, binary !== undefined, how));
    if (how.joined) continue;
    socket.write(Buffer.concat(waiting));
    waiting = [];
  }
  socket.write(Buffer.concat(waiting));
}

/** Which request an answer is of, where that can be said: by its frame, and by how many answers came before. */
export type Correlate = (frame: Parsed, nth: number) => string | undefined;

/** A message as the server reads it: UTF-8 has no lone surrogates. */
const parsedOrNull = (text: string): Parsed => {
  try {
    return JSON.parse(Buffer.from(text).toString());
  } catch {
    return null;
  }
};

/** Answers bear the id of their request. */
export function byRequestId(sent: readonly Message[]): Correlate {
  const names = new Map<string, string | undefined>();
  for (const { text } of sent) {
    const { request_id: id, domain, command } = parsedOrNull(text) ?? {};
    // Of two requests with one id nobody can say which is answered.
    const isNamed = typeof domain === 'string' && typeof command === 'string' && !names.has(id);
    if (typeof id === 'string') names.set(id, isNamed ? `${domain}.${command}` : undefined);
  }
  return ({ request_id: id, type }) => (type === 'response' ? names.get(id) : undefined);
}

/** Answers come in the order of the requests. */
export function byOrder(sent: readonly Message[]): Correlate {
  const modes = sent.map(({ text }) => parsedOrNull(text)?.mode);
  return ({ mode }, nth) => {
    const asked: unknown = modes[nth];
    if (typeof asked === 'string' && mode !== 'error' && asked.length <= 64) assert.equal(mode, asked);
    return typeof asked === 'string' ? asked : undefined;
  };
}

/** Reads what comes over a raw WebSocket, and fails at the first frame that the protocol does not have. */
class Reader {
  answers = 0;
  private at = 0;
  private notice: number | undefined;

  constructor(
    private readonly socket: FuzzSocket,
    private readonly describer: Describer,
    private readonly correlate: Correlate,
  ) {}

  /** Looks at whatever came since. */
  read(): void {
    for (; this.at < this.socket.texts.length; this.at += 1) this.judge(this.socket.texts[this.at] ?? '');
  }

  private judge(text: string): void {
    assert.doesNotMatch(text, INTERNAL);
    const frame: Parsed = JSON.parse(text);
    const kind = this.describer.kindOf({ frame });
    if (kind === undefined) throw new Error(`the document describes no such frame: ${text.slice(0, 1_000)}`);
    if (kind === 'disconnect') this.notice = frame.code ?? frame.data?.code;
    if (kind !== 'answer') return;
    const request = this.correlate(frame, this.answers);
    if (request !== undefined && frame.code !== 'bad_frame') assert.equal(this.describer.faultOf(request, { frame }), '');
    this.answers += 1;
  }

  /** Waits until there are so many answers, or the connection has ended. @returns whether it lives */
  async reaches(count: number): Promise<boolean> {
    const hasCome = (): boolean => {
      this.read();
      return this.answers >= count;
    };
    // Behind a close frame nothing comes any more.
    await this.socket.until(() => hasCome() || this.socket.code !== undefined);
    const isOver = this.socket.ended || this.socket.code !== undefined;
    if (!hasCome() && !isOver) throw new Error(`${count - this.answers} of ${count} requests have no answer`);
    return !isOver;
  }

  /** That the connection ended for a reason that is documented, and said so before. */
  expectFairEnd(codes: readonly number[]): void {
    this.read();
    assert.ok(codes.includes(this.socket.code ?? 0), `closed with ${this.socket.code}`);
    // A client's own close frame is answered, and nothing has to be said before that.
    if (this.socket.code !== 1000) assert.equal(this.notice, this.socket.code);
  }
}

export interface Try {
  readonly socket: FuzzSocket;
  readonly describer: Describer;
  readonly session: Session;
  readonly token: string;
  readonly correlate: (sent: readonly Message[]) => Correlate;
}

/** Tries one session. @returns how many of its messages were answered, or ended it */
export async function trySession({ socket, describer, session, token, correlate }: Try): Promise<number> {
  const { messages: list, finale: last } = session;
  const reader = new Reader(socket, describer, correlate(list));
  sendAll(socket, list, token);
  const lives = await reader.reaches(list.length);
  if (!lives) {
    reader.expectFairEnd(FAIR);
    assert.ok(reader.answers <= list.length, 'there are more answers than requests');
    return Math.max(1, reader.answers);
  }
  const tried = await tryFinale(socket, reader, last);
  // An answer too many would have come by now.
  assert.equal(reader.answers, list.length);
  return list.length + tried;
}

async function tryFinale(socket: FuzzSocket, reader: Reader, last: Finale | undefined): Promise<number> {
  if (last !== undefined) socket.write(last.bytes);
  if (last !== undefined && last.codes.length > 0) {
    if (!(await socket.until(() => socket.code !== undefined))) throw new Error('the connection was not closed');
    reader.expectFairEnd(last.codes);
  }
  reader.read();
  socket.destroy();
  return last === undefined ? 0 : 1;
}
