import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/database/embedded/embedded-postgres.js';
import { FramesClient } from './frames-client.js';
import { interleaved, percentile, register, report, type Round, Subject } from './support.js';

/**
 * Durable chat: what is said is committed, answered and told to the chat's members. Against a server that makes one INSERT and commit for
 * each message, with the same number of clients, on the same PostgreSQL.
 */
const CHATS = 20;
const MEMBERS = 10;
const SECONDS = 4;
const CONTENT = 'x'.repeat(200);
/** `{"type":"response"` and `{"type":"event"` differ here. */
const KIND_AT = 9;
const RESPONSE = 'r'.charCodeAt(0);

interface Sender {
  readonly client: FramesClient;
  readonly frame: Buffer;
}

async function send(subject: Subject, senders: readonly Sender[]): Promise<Round> {
  const cpu = subject.cpuSeconds();
  const start = performance.now();
  const end = start + SECONDS * 1000;
  const latencies: number[] = [];
  await Promise.all(
    senders.map(
      ({ client, frame }) =>
        new Promise<void>((done) => {
          let sentAt = performance.now();
          client.onFrame = (buffer, from) => {
            if (buffer[from + KIND_AT] !== RESPONSE) return;
            const now = performance.now();
            latencies.push(now - sentAt);
            if (now >= end) return done();
            sentAt = now;
            client.send(frame);
          };
          client.send(frame);
        }),
    ),
  );
  const seconds = (performance.now() - start) / 1000;
  return {
    work: latencies.length,
    seconds,
    cpu: subject.cpuSeconds() - cpu,
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
  };
}

const frameOf = (payload: object): Buffer =>
  FramesClient.frame(
    JSON.stringify({ type: 'command', v: 1, request_id: 'req_a1b2c3d4e5f6a7b8', domain: 'chat', command: 'send', payload }),
  );

/** A database of its own for the yardstick, on the same server. */
async function secondDatabase({ superuserUrl }: EmbeddedPostgres): Promise<string> {
  const client = new Client(superuserUrl);
  await client.connect();
  await client.query('CREATE DATABASE yardstick');
  await client.end();
  const url = new URL(superuserUrl);
  url.pathname = '/yardstick';
  return url.href;
}

async function ourSenders({ url }: Subject): Promise<Sender[]> {
  const tokens = await register(url, CHATS * MEMBERS);
  const senders: Sender[] = [];
  for (let chat = 0; chat < CHATS; chat++) {
    const own = tokens.slice(chat * MEMBERS, (chat + 1) * MEMBERS);
    const response = await fetch(`${url}/api/v1/chats`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${own[0]}` },
      body: JSON.stringify({ chat_type: 'group', members: own.map((_token, i) => `bench-${chat * MEMBERS + i}`) }),
    });
    const { chat_id } = (await response.json()) as { chat_id: number };
    for (const token of own) {
      const client = await FramesClient.open(`${url.replace('http', 'ws')}/v1/connect?token=${token}`);
      senders.push({ client, frame: frameOf({ chat_id, content: CONTENT }) });
    }
  }
  return senders;
}

async function theirSenders({ url }: Subject): Promise<Sender[]> {
  const senders: Sender[] = [];
  for (let user = 0; user < CHATS * MEMBERS; user++) {
    const chat = Math.floor(user / MEMBERS);
    const client = await FramesClient.open(`${url.replace('http', 'ws')}/?chat=${chat}&user=${user}`);
    senders.push({ client, frame: frameOf({ chat_id: chat, content: CONTENT }) });
  }
  return senders;
}

const dataDir = await mkdtemp(join(tmpdir(), 'switchboard-bench-'));
await chmod(dataDir, 0o755);
const postgres = await startEmbeddedPostgres({ dataDir, connections: 100, log: () => undefined });
const ours = await Subject.switchboard({ DATABASE_URL: postgres.url, HEARTBEAT_SEC: '3600' });
const theirs = await Subject.yardstick('ws-durable', { YARDSTICK_DATABASE_URL: await secondDatabase(postgres) });
const [own, other] = [await ourSenders(ours), await theirSenders(theirs)];
// The grace of new connections is over, and so is what was told of the chats.
await new Promise((resolve) => setTimeout(resolve, 1000));
for (const count of [CHATS * MEMBERS, 1]) {
  report(
    `Durable messages to ${MEMBERS} members each, ${count === 1 ? 'a lone sender' : `${count} senders in ${CHATS} chats`}`,
    'messages',
    await interleaved(
      5,
      () => send(theirs, other.slice(0, count)),
      () => send(ours, own.slice(0, count)),
    ),
  );
}
for (const { client } of [...own, ...other]) client.close();
await Promise.all([ours.stop(), theirs.stop()]);
await postgres.stop();
await rm(dataDir, { recursive: true, force: true });
