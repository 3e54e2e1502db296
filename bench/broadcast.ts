import { FramesClient } from './frames-client.js';
import { interleaved, register, report, type Round, Subject } from './support.js';

/**
 * Deliveries of what one says to 1,000 others, against bare `ws` that sends the same bytes in a loop: a state that is relayed, as bare
 * `ws` relays it, and a chat message, which is committed before.
 */
const LISTENERS = 1_000;
const SECONDS = 3;
const CONTENT = 'x'.repeat(200);
/** A match has at most 64 players, but each may have many connections. */
const PLAYERS = 63;
/** Those who listen say nothing. */
const SILENCE_ALLOWED = { HEARTBEAT_SEC: '3600' };

interface Room {
  readonly subject: Subject;
  readonly sender: FramesClient;
  readonly listeners: readonly FramesClient[];
  /** What the sender says. */
  readonly frame: Buffer;
}

const frameOf = (domain: string, command: string, payload: object): Buffer =>
  FramesClient.frame(JSON.stringify({ type: 'command', v: 1, request_id: 'r', domain, command, payload }));

async function openAll(urls: readonly string[]): Promise<[sender: FramesClient, ...listeners: FramesClient[]]> {
  const clients: FramesClient[] = [];
  for (let from = 0; from < urls.length; from += 50) {
    clients.push(...(await Promise.all(urls.slice(from, from + 50).map((url) => FramesClient.open(url)))));
  }
  return clients as [FramesClient, ...FramesClient[]];
}

const openOurs = ({ url }: Subject, tokens: readonly string[]) =>
  openAll(tokens.map((token) => `${url.replace('http', 'ws')}/v1/connect?token=${token}`));

/** Says something and waits for the answer. */
function ask(client: FramesClient, frame: Buffer): Promise<Record<string, unknown>> {
  return new Promise((resolve, reject) => {
    client.onFrame = (buffer, from, to) => {
      const { type, success, data } = JSON.parse(buffer.toString('utf8', from, to));
      if (type !== 'response') return;
      if (success) resolve(data);
      else reject(new Error(buffer.toString('utf8', from, to)));
    };
    client.send(frame);
  });
}

async function matchRoom(): Promise<Room> {
  const subject = await Subject.switchboard(SILENCE_ALLOWED);
  const tokens = await register(subject.url, PLAYERS);
  const all = Array.from({ length: LISTENERS + 1 }, (_unused, i) => tokens[i % PLAYERS] ?? '');
  const [sender, ...listeners] = await openOurs(subject, all);
  const { match_id } = await ask(sender, frameOf('game', 'create_match', { max_players: PLAYERS }));
  for (const listener of listeners) await ask(listener, frameOf('game', 'join_match', { match_id }));
  return { subject, sender, listeners, frame: frameOf('game', 'send_state', { match_id, op: 'say', data: CONTENT }) };
}

async function chatRoom(): Promise<Room> {
  const subject = await Subject.switchboard(SILENCE_ALLOWED);
  const tokens = await register(subject.url, LISTENERS + 1);
  const [sender, ...listeners] = await openOurs(subject, tokens);
  const names = tokens.map((_token, i) => `bench-${i}`);
  const { chat_id } = await ask(sender, frameOf('chat', 'create', { chat_type: 'group', members: names.slice(0, LISTENERS) }));
  await ask(sender, frameOf('chat', 'add_members', { chat_id, members: names.slice(LISTENERS) }));
  return { subject, sender, listeners, frame: frameOf('chat', 'send', { chat_id, content: CONTENT }) };
}

async function bareRoom(text: string): Promise<Room> {
  const subject = await Subject.yardstick('ws-broadcast');
  const url = subject.url.replace('http', 'ws');
  const [sender, ...listeners] = await openAll(Array.from({ length: LISTENERS + 1 }, () => url));
  return { subject, sender, listeners, frame: FramesClient.frame(text) };
}

/** What a listener hears of what the sender says: the yardstick sends the same bytes. */
async function sample({ sender, listeners, frame }: Room): Promise<string> {
  // What the members were told while the room was filled is over.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  const heard = Promise.all(
    listeners.map(
      (listener) =>
        new Promise<string>((resolve) => {
          listener.onFrame = (buffer, from, to) => resolve(buffer.toString('utf8', from, to));
        }),
    ),
  );
  sender.onFrame = () => undefined;
  sender.send(frame);
  return (await heard)[0] ?? '';
}

/** Sends so that `outstanding` messages are under way at any moment. */
async function broadcast({ subject, sender, listeners, frame }: Room, outstanding: number): Promise<Round> {
  let work = 0;
  let awaited = 0;
  let isOver = false;
  let end: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const say = (): void => {
    awaited += LISTENERS;
    sender.send(frame);
  };
  const hear = (): void => {
    work += 1;
    awaited -= 1;
    if (work % LISTENERS === 0 && !isOver) say();
    else if (awaited === 0) end();
  };
  for (const listener of listeners) listener.onFrame = hear;
  const cpu = subject.cpuSeconds();
  const start = performance.now();
  setTimeout(() => {
    isOver = true;
  }, SECONDS * 1000);
  for (let i = 0; i < outstanding; i++) say();
  await done;
  return { work, seconds: (performance.now() - start) / 1000, cpu: subject.cpuSeconds() - cpu };
}

for (const [what, makeRoom] of [
  ['A relayed state', matchRoom],
  ['A chat message', chatRoom],
] as const) {
  const ours = await makeRoom();
  const theirs = await bareRoom(await sample(ours));
  for (const outstanding of [1, 8]) {
    report(
      `${what} to ${LISTENERS} listeners, ${outstanding} outstanding`,
      'deliveries',
      await interleaved(
        5,
        () => broadcast(theirs, outstanding),
        () => broadcast(ours, outstanding),
      ),
    );
  }
  for (const { sender, listeners } of [ours, theirs]) for (const client of [sender, ...listeners]) client.close();
  await Promise.all([ours.subject.stop(), theirs.subject.stop()]);
}
