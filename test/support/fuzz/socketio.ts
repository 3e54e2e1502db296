import assert from 'node:assert/strict';
import fc, { type Arbitrary } from 'fast-check';
import { connect, connected } from '../../conformance/drivers/socketio.js';
import type { Frame } from '../asyncapi.js';
import type { Parsed } from '../http-client.js';
import { Describer } from './described.js';
import { type EnginePeer, PollingPeer, WebSocketPeer } from './engine.js';
import { fuzz, type Outcome } from './run.js';
import { Grammar, mutated } from './schema.js';
import { FuzzSocket } from './socket.js';
import { oddText, oddValue } from './values.js';
import { type Actor, TOKEN, type World } from './world.js';

/** One whole event, which has to be answered: by an acknowledgement if it has an id. */
interface Packet {
  readonly text: string;
  readonly attachment?: Uint8Array;
}

interface Session {
  readonly actor: Actor;
  readonly transport: 'websocket' | 'polling';
  /** Of this one each, in one body or one after the other. */
  readonly packets: readonly Packet[];
  /** What it ends with, which may end it. */
  readonly noise: readonly string[];
}

/** Names that Socket.IO keeps for itself. */
const RESERVED = new Set(['connect', 'connect_error', 'disconnect', 'disconnecting', 'newListener', 'removeListener']);
/** How a post is refused that is too large, or that comes after the connection has ended. */
const REFUSALS = [400, 413];
/** Why the server may disconnect. */
const FAIR = [1002, 1007, 1008, 1009, 4400, 4401, 4429];

const event = (id: number | undefined, name: string, args: readonly unknown[]): Packet => ({
  text: `42${id ?? ''}${JSON.stringify([name, ...args])}`,
});

/** Events: those of the document with something wrong, and others. */
function events(describer: Describer, grammar: Grammar): Arbitrary<Packet> {
  const id = fc.option(fc.nat({ max: 1e9 }), { nil: undefined });
  const described = describer.asked.map(({ request }) => {
    const name = request.headers?.properties.event.const ?? '';
    const data = mutated(grammar.valueOf(request.payload));
    return fc.tuple(id, data).map(([ack, value]) => event(ack, name, [value]));
  });
  const name = fc.oneof(fc.constantFrom('hello', 'chat', 'command', 'response', 'typing', 'message', 'error'), oddText);
  const other = fc
    .tuple(
      id,
      name.filter((text) => !RESERVED.has(text)),
      fc.array(oddValue, { maxLength: 3 }),
    )
    .map(([ack, text, args]) => event(ack, text, args));
  const binary = fc
    .tuple(fc.constantFrom('', '7'), fc.uint8Array({ maxLength: 40 }))
    .map(([ack, attachment]): Packet => ({ text: `451-${ack}["command",{"nested":{"_placeholder":true,"num":0}}]`, attachment }));
  return fc.oneof(
    { weight: 24, arbitrary: fc.oneof(...described) },
    { weight: 2, arbitrary: other },
    { weight: 1, arbitrary: binary },
  );
}

/** What is no event, or not one of this namespace: it may be passed over or end the connection, and harms nobody else. */
const noise: Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...['40', '41', '42', '43', '44', '45', '46', '47', '4', '', '0', '1', '2', '3', '3probe', '5', '6', '9', 'x', 'bAAAA', 'b!'],
    ...['40/admin,', '40/admin,{"token":"x"}', '42/admin,["x"]', '40{"token":', '40[]', '40"x"', '40{"token":{"$ne":""}}'],
    ...['451-["a",{"_placeholder":true,"num":0}]', '4511-["a"]', '45999999999-["a"]', '45-["a"]', '451-[]', '461-1[]'],
    ...['42["disconnect",{}]', '42["connect_error"]', '42[1]', '42[]', '42{}', '42null', '42["a",', '43999["x"]', '431{}'],
    ...[`42${'9'.repeat(400)}["a"]`, `42/${'x'.repeat(5_000)},["a"]`, `42["a",${'['.repeat(5_000)}`, `4${'2'.repeat(5_000)}`],
  ),
  oddText.map((text) => `4${text}`),
  oddText.map((text) => `42${text}`),
  oddText.map((text) => `42["${text}"]`),
  oddText,
);

function sessionsOf(describer: Describer, grammar: Grammar): Arbitrary<Session> {
  return fc.record({
    actor: fc.constantFrom<Actor>('user', 'user', 'user', 'superuser'),
    transport: fc.nat({ max: 4 }).map((pick): Session['transport'] => (pick === 0 ? 'polling' : 'websocket')),
    packets: fc.array(events(describer, grammar), { minLength: 1, maxLength: 40, size: 'max' }),
    noise: fc.array(noise, { maxLength: 4 }),
  });
}

/** Reads the packets that came, and fails at the first that the document does not have. */
class Reader {
  answers = 0;
  private at = 0;
  notice: number | undefined;

  constructor(
    private readonly peer: EnginePeer,
    private readonly describer: Describer,
  ) {}

  read(): void {
    for (; this.at < this.peer.packets.length; this.at += 1) this.judge(this.peer.packets[this.at] ?? '');
  }

  private judge(packet: string): void {
    assert.doesNotMatch(packet, /"code":"internal"|Internal server error/i);
    const [, type, data = ''] = /^4([23])\d*(\[[^]*)$/.exec(packet) ?? [];
    // Of Engine.IO, of other namespaces, or of the connection itself.
    if (type === undefined) return;
    const parsed: Parsed[] = JSON.parse(data);
    const frames: Frame[] = type === '3' ? this.asEvents(parsed[0]) : [{ event: parsed[0], frame: parsed[1] }];
    const kind = frames.map((frame) => this.describer.kindOf(frame)).find((found) => found !== undefined);
    if (kind === undefined) throw new Error(`the document describes no such packet: ${packet.slice(0, 1_000)}`);
    if (kind === 'answer') this.answers += 1;
    if (kind === 'disconnect') this.notice = parsed[1]?.code;
  }

  /** An acknowledgement is the argument of the event that would have been sent without one. */
  private asEvents(frame: Parsed): Frame[] {
    return ['response', 'error', 'hello', 'chat'].map((name) => ({ event: name, frame }));
  }
}

async function join(
  world: World,
  { transport, actor }: Pick<Session, 'transport' | 'actor'>,
): Promise<{ peer: EnginePeer; token: string }> {
  const { server } = world;
  const token = await world.token(actor);
  const path = '/socket.io/?EIO=4&transport=websocket';
  const peer =
    transport === 'polling' ? await PollingPeer.open(server.port) : new WebSocketPeer(await FuzzSocket.open(server.port, path));
  await peer.send([`40${JSON.stringify({ token })}`]);
  const greeted = await peer.until(() => peer.packets.some((packet) => packet.startsWith('42["hello"')));
  if (greeted) return { peer, token };
  peer.close();
  throw new Error(`not greeted: ${peer.packets.join()}`);
}

async function trySession(world: World, describer: Describer, session: Session): Promise<number> {
  const { peer, token } = await join(world, session);
  try {
    return await converse(peer, token, describer, session);
  } finally {
    peer.close();
  }
}

async function converse(peer: EnginePeer, token: string, describer: Describer, session: Session): Promise<number> {
  const reader = new Reader(peer, describer);
  // The greeting has the form of an answer to `hello`.
  reader.read();
  const before = reader.answers;
  const count = session.packets.length;
  await peer.send(
    session.packets.flatMap(({ text, attachment }) => [text.replaceAll(TOKEN, token), ...(attachment ? [attachment] : [])]),
  );
  const whole = await peer.until(() => {
    reader.read();
    return reader.answers - before >= count;
  });
  if (!whole) {
    if (!peer.ended) throw new Error(`${count - reader.answers + before} of ${count} events have no answer`);
    if (peer.refusal === undefined) assert.ok(FAIR.includes(reader.notice ?? 0), `ended with the notice ${reader.notice}`);
    else assert.ok(REFUSALS.includes(peer.refusal), `a post was refused with ${peer.refusal}`);
    return Math.max(1, reader.answers - before);
  }
  assert.equal(reader.answers - before, count);
  if (session.noise.length > 0) await peer.send(session.noise);
  reader.read();
  return count + session.noise.length;
}

/** Tries Socket.IO over both transports, a few connections at a time, beside a neighbour that has to live on. */
export async function fuzzSocketIo(world: World): Promise<Outcome> {
  const { server, pools } = world;
  const { describer, document } = await Describer.of(server, 'socketio');
  const neighbour = await connected(connect(server, 'websocket', { auth: { token: world.bystander } }));
  const outcome = await fuzz({
    name: 'socketio',
    server,
    arbitrary: fc.array(sessionsOf(describer, new Grammar(document, pools)), { minLength: 1, maxLength: 8, size: 'max' }),
    run: async (given) => {
      await world.mend();
      const counts = await Promise.all(given.map((session) => trySession(world, describer, session)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  });
  assert.equal((await neighbour.timeout(10_000).emitWithAck('hello')).type, 'hello');
  neighbour.disconnect();
  return outcome;
}
