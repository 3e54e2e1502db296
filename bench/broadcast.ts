import { FramesClient } from './frames-client.js';
import { interleaved, register, report, type Round, Subject } from './support.js';

/** Deliveries of what one says to 1,000 others, against bare `ws` that sends the same bytes in a loop. */
const MEMBERS = 1_000;
const SECONDS = 3;
const CONTENT = 'x'.repeat(200);

interface Room {
  readonly subject: Subject;
  readonly sender: FramesClient;
  readonly receivers: readonly FramesClient[];
  readonly frame: string;
}

const openAll = async (urls: readonly string[]): Promise<FramesClient[]> => {
  const clients: FramesClient[] = [];
  for (let from = 0; from < urls.length; from += 50) {
    clients.push(...(await Promise.all(urls.slice(from, from + 50).map((url) => FramesClient.open(url)))));
  }
  return clients;
};

async function ourRoom(): Promise<Room> {
  const subject = await Subject.switchboard();
  const tokens = await register(subject.url, MEMBERS + 1);
  const members = tokens.map((_token, i) => `bench-${i}`);
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${tokens[0]}` };
  const created = await fetch(`${subject.url}/api/v1/chats`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ chat_type: 'group', members: members.slice(1, 1_000) }),
  });
  const { chat_id } = (await created.json()) as { chat_id: number };
  await fetch(`${subject.url}/api/v1/commands/chat/add_members`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ chat_id, members: members.slice(1_000) }),
  });
  const url = (token: string): string => `${subject.url.replace('http', 'ws')}/v1/connect?token=${token}`;
  const [sender, ...receivers] = await openAll(tokens.map(url));
  const payload = { chat_id, content: CONTENT };
  const frame = JSON.stringify({ type: 'command', v: 1, request_id: 'r', domain: 'chat', command: 'send', payload });
  return { subject, sender: sender as FramesClient, receivers, frame };
}

async function theirRoom(frame: string): Promise<Room> {
  const subject = await Subject.yardstick('ws-broadcast');
  const url = subject.url.replace('http', 'ws');
  const [sender, ...receivers] = await openAll(Array.from({ length: MEMBERS + 1 }, () => url));
  return { subject, sender: sender as FramesClient, receivers, frame };
}

/** Sends so that `outstanding` messages are under way at any moment. */
async function broadcast({ subject, sender, receivers, frame }: Room, outstanding: number): Promise<Round> {
  let work = 0;
  let isOver = false;
  let end: () => void = () => undefined;
  let awaited = 0;
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  const sayAgain = (): void => {
    if (!isOver) {
      awaited += receivers.length;
      sender.send(frame);
    } else if (awaited === 0) end();
  };
  for (const receiver of receivers) {
    receiver.onFrame = () => {
      work += 1;
      awaited -= 1;
      if (work % receivers.length === 0) sayAgain();
      else if (isOver && awaited === 0) end();
    };
  }
  const cpu = subject.cpuSeconds();
  const start = performance.now();
  setTimeout(() => {
    isOver = true;
  }, SECONDS * 1000);
  for (let i = 0; i < outstanding; i++) sayAgain();
  await done;
  return { work, seconds: (performance.now() - start) / 1000, cpu: subject.cpuSeconds() - cpu };
}

/** One event as our server sends it: the yardstick sends the same bytes. */
function sample(room: Room): Promise<string> {
  return new Promise((resolve) => {
    const [receiver] = room.receivers;
    if (receiver) receiver.onFrame = (buffer, from, to) => resolve(buffer.toString('utf8', from, to));
    room.sender.send(room.frame);
  });
}

const ours = await ourRoom();
// What the members were told while the room was filled.
await new Promise((resolve) => setTimeout(resolve, 2000));
const theirs = await theirRoom(await sample(ours));
await new Promise((resolve) => setTimeout(resolve, 500));
for (const outstanding of [1, 8]) {
  report(
    `Broadcast to ${MEMBERS} members, ${outstanding} outstanding`,
    'deliveries',
    await interleaved(
      5,
      () => broadcast(theirs, outstanding),
      () => broadcast(ours, outstanding),
    ),
  );
}
for (const { sender, receivers } of [ours, theirs]) for (const client of [sender, ...receivers]) client.close();
await Promise.all([ours.subject.stop(), theirs.subject.stop()]);
