import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asyncApiOf, type Close, type DescribedProtocol, protocolsOf } from '../support/asyncapi.js';
import { type Line, openLine } from '../support/lines.js';
import { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';

const RAW = ['game', 'rest', 'messenger'];
const ALL = [...RAW, 'socketio'];

let server: TestServer;
let account: Account;
let described: Map<string, DescribedProtocol>;

beforeAll(async () => {
  server = await TestServer.start({ variables: { HEARTBEAT_SEC: '1' } });
  account = await server.user();
  described = protocolsOf(await asyncApiOf(server));
});
afterAll(() => server.stop());

function protocolOf(name: string): DescribedProtocol {
  const found = described.get(name);
  if (!found) throw new Error(`the document says nothing of ${name}`);
  return found;
}

/** That a connection has ended as the document says that it does with this code. */
async function expectEnded(line: Line, code: number): Promise<void> {
  const protocol = protocolOf(line.protocol);
  const ended = await line.ended;
  const last = line.heard.at(-1) ?? { frame: null };
  expect(protocol.namesOf(last), JSON.stringify(last)).toContain('disconnect');
  const said = protocol.channel['x-close-codes'].find((close) => close.code === code) as Close;
  const { reason, reconnect } = said;
  expect(last.frame.data ?? last.frame).toMatchObject({ code, reason, reconnect });
  const example = protocol.message('disconnect').examples.find(({ name }) => name === `close-${code}`)?.payload;
  expect(Object.keys(last.frame).sort()).toEqual(Object.keys(example).sort());
  if (line.raw) expect((ended as { code: number }).code).toBe(code);
}

const FAULTS: Readonly<Record<number, (socket: RawSocket) => void>> = {
  // A reserved bit is set.
  1002: ({ socket }) => void Reflect.get(socket, '_socket').write(Buffer.from([0xf1, 0x80, 0, 0, 0, 0])),
  1007: ({ socket }) => socket.send(Buffer.from([0xff, 0xfe]), { binary: false }),
  1008: ({ socket }) => {
    for (let i = 0; i < 130; i++) socket.send('x', { fin: false });
  },
  1009: ({ socket }) => socket.send('x'.repeat(256 * 1024 + 1)),
};

describe.each(ALL)('connections of %s', (name) => {
  it('end with 4400 after ten bad frames, each answered as documented', async () => {
    const line = await openLine(server, name, account.tokens.token);
    for (let i = 0; i < 10; i++) line.send(name === 'socketio' ? { event: 'dance', frame: {} } : { frame: 'no frame' });
    await expectEnded(line, 4400);
    const answers = line.heard.filter((heard) =>
      protocolOf(name)
        .namesOf(heard)
        .some((one) => ['error', 'fault'].includes(one)),
    );
    expect(answers).toHaveLength(10);
  });

  it('end with 4401 when the session does', async () => {
    const { tokens, client, id } = await server.user();
    const line = await openLine(server, name, tokens.token);
    await client.delete(`/api/v1/users/${id}/sessions`);
    await expectEnded(line, 4401);
  });
});

describe.each(RAW)('connections of %s that break the rules of WebSockets', (name) => {
  it.each(Object.keys(FAULTS).map(Number))('end with %i', async (code) => {
    const line = await openLine(server, name, account.tokens.token);
    if (line.raw) FAULTS[code]?.(line.raw);
    await expectEnded(line, code);
  });
});

describe('silence', () => {
  it('ends a connection of game with 4408', async () => {
    const line = await openLine(server, 'game', account.tokens.token);
    // The answer to a ping would be a sign of life.
    if (line.raw) line.raw.socket.pong = () => undefined;
    await expectEnded(line, 4408);
  });
});

describe('a server that stops', () => {
  it('ends every connection with 1001', async () => {
    const stopping = await TestServer.start();
    const { tokens } = await stopping.user();
    const lines = await Promise.all(ALL.map((name) => openLine(stopping, name, tokens.token)));
    await stopping.stop();
    for (const line of lines) await expectEnded(line, 1001);
  });
});

describe('connections that are refused', () => {
  /** What the document says of a refusal, as it is answered. */
  const documented = (name: string, error: string) => {
    const { status, body } = protocolOf(name).channel['x-refusals'].find((one) => one.error === error) ?? {};
    return { status, body: { ...body, timestamp: undefined } };
  };
  const refused = async (path: string, headers: Readonly<Record<string, string>> = {}, at = server) => {
    const { status, body } = await RawSocket.refused(at.wsUrl + path, headers);
    return { status, body: { ...body, timestamp: undefined } };
  };
  const bad = { authorization: 'Bearer made-up' };
  const elsewhere = { origin: 'https://elsewhere.example' };

  it.each([
    ['game', 'not_authenticated', '/v1/connect', {}],
    ['game', 'not_authenticated', '/v1/connect', bad],
    ['game', 'origin_not_allowed', '/v1/connect', elsewhere],
    ['rest', 'origin_not_allowed', '/ws/anyone', elsewhere],
    ['rest', 'invalid_input', '/ws/%00', {}],
    ['messenger', 'not_authenticated', '/', bad],
    ['messenger', 'origin_not_allowed', '/', elsewhere],
    ['socketio', 'origin_not_allowed', '/socket.io/?EIO=4&transport=websocket', elsewhere],
  ])('%s: %s', async (name, error, path, headers) => {
    expect(await refused(path, headers)).toEqual(documented(name, error));
  });

  it.each([
    ['game', '/v1/connect'],
    ['rest', '/ws/anyone'],
    ['messenger', '/'],
  ])('%s: too_many_requests', async (name, path) => {
    const small = await TestServer.start({ variables: { MAX_CONNECTIONS_PER_USER: '1' } });
    const { tokens } = await small.user();
    const first = await openLine(small, name, tokens.token);
    const headers = { authorization: `Bearer ${tokens.token}` };
    expect(await refused(path, headers, small)).toEqual(documented(name, 'too_many_requests'));
    await first.close();
    await small.stop();
  });
});
