import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { TokenReader } from '../../src/realtime/ports.js';
import { connect, connected } from '../conformance/drivers/socketio.js';
import type { Parsed } from '../support/http-client.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

/** A connection to which frames are sent without waiting for their answers. */
interface Line {
  send(requestId: string, command: string, payload?: unknown): void;
  /** What was answered, in the order in which it came. */
  readonly answers: Parsed[];
  close(): void;
}

let server: TestServer;
let first: Account;
let second: Account;
beforeAll(async () => {
  server = await TestServer.start();
  first = await server.user();
  second = await server.user();
});
afterAll(() => server.stop());
afterEach(() => void vi.restoreAllMocks());

const frameOf = (request_id: string, name: string, payload: unknown): object => {
  const [domain, command] = name.split('.');
  return { type: 'command', v: 1, request_id, domain, command, payload };
};

async function raw(path: string): Promise<Line> {
  const socket = await server.socket(path, { authorization: `Bearer ${first.tokens.token}` });
  const answers: Parsed[] = [];
  socket.socket.on('message', (data: Buffer) => {
    const frame: Parsed = JSON.parse(data.toString());
    if (frame.type === 'response') answers.push(frame);
  });
  return { send: (...request) => socket.send(frameOf(...withPayload(request))), answers, close: () => socket.terminate() };
}

async function socketIo(transport: 'websocket' | 'polling'): Promise<Line> {
  const socket = await connected(connect(server, transport, { auth: { token: first.tokens.token } }));
  const answers: Parsed[] = [];
  socket.on('response', (frame: Parsed) => answers.push(frame));
  const send: Line['send'] = (...request) => void socket.emit('command', frameOf(...withPayload(request)));
  return { send, answers, close: () => void socket.disconnect() };
}

const withPayload = ([id, command, payload = {}]: Parameters<Line['send']>): [string, string, unknown] => [id, command, payload];

const LINES: readonly [string, () => Promise<Line>][] = [
  ['game', () => raw('/v1/connect')],
  ['rest', () => raw('/ws/order')],
  ['socketio over a WebSocket', () => socketIo('websocket')],
  ['socketio over long polling', () => socketIo('polling')],
];

/** Keeps the server from finding out whose the second account's token is, until that is released. */
function hold(): () => void {
  const tokens = server.app.get(TokenReader);
  const identify = tokens.identify.bind(tokens);
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  vi.spyOn(tokens, 'identify').mockImplementation((token) =>
    token === second.tokens.token ? gate.then(() => identify(token)) : identify(token),
  );
  return release;
}

describe.each(LINES)('frames behind system.authenticate, over %s', (_protocol, open) => {
  const answerTo = (line: Line, id: string): Parsed => line.answers.find(({ request_id }) => request_id === id);

  it('are those of whoever it makes of the connection, and answered behind it', async () => {
    const line = await open();
    line.send('before', 'system.whoami');
    line.send('becomes', 'system.authenticate', { token: second.tokens.token });
    line.send('after', 'system.whoami');
    line.send('back', 'system.authenticate', { token: first.tokens.token });
    line.send('last', 'system.whoami');
    await until(() => line.answers.length === 5);
    expect(answerTo(line, 'before').data.user_id).toBe(first.id);
    expect(answerTo(line, 'after').data.user_id).toBe(second.id);
    expect(answerTo(line, 'last').data.user_id).toBe(first.id);
    expect(line.answers.map(({ request_id }) => request_id)).toEqual(['before', 'becomes', 'after', 'back', 'last']);
    line.close();
  });

  it('are those of who it was if it fails', async () => {
    const line = await open();
    line.send('fails', 'system.authenticate', { token: `${second.tokens.token}x` });
    line.send('after', 'system.whoami');
    await until(() => line.answers.length === 2);
    expect(answerTo(line, 'fails')).toMatchObject({ success: false, code: 'not_authenticated' });
    expect(answerTo(line, 'after').data.user_id).toBe(first.id);
    line.close();
  });

  it('wait for it, but for a ping, and no more of them than may be under way', async () => {
    const release = hold();
    const line = await open();
    line.send('becomes', 'system.authenticate', { token: second.tokens.token });
    for (let i = 0; i < 300; i += 1) line.send(`behind-${i}`, 'system.whoami');
    line.send('ping', 'system.ping');
    await until(() => line.answers.length === 46);
    expect(answerTo(line, 'ping')).toMatchObject({ success: false, code: 'too_many_requests' });
    expect(line.answers.every(({ code }) => code === 'too_many_requests')).toBe(true);
    release();
    await until(() => line.answers.length === 302);
    const behind = line.answers.filter(({ success, data }) => success && data.user_id === second.id);
    expect(behind).toHaveLength(256);
    line.close();
  });

  it('do not keep a ping waiting', async () => {
    const release = hold();
    const line = await open();
    line.send('becomes', 'system.authenticate', { token: second.tokens.token });
    line.send('behind', 'system.whoami');
    line.send('ping', 'system.ping');
    await until(() => answerTo(line, 'ping'));
    expect(line.answers).toHaveLength(1);
    release();
    await until(() => line.answers.length === 3);
    expect(answerTo(line, 'behind').data.user_id).toBe(second.id);
    line.close();
  });
});
