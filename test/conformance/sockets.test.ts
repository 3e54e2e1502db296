import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { ACCOUNT_DRIVERS } from './drivers/accounts.js';
import type { Peer, SocketKind } from './drivers/driver.js';
import { COMMAND_DRIVERS, SOCKET_DRIVERS } from './drivers/sockets.js';
import { expectNotice, isOverLimit } from './frames.js';

let server: TestServer;
let account: Account;
beforeAll(async () => {
  // The limit on frames is on; that on requests is out of the way.
  const generous = { RATE_LIMIT_GENERAL: '100000', RATE_LIMIT_API: '100000', RATE_LIMIT_BURST: '100000' };
  server = await TestServer.start({ variables: { RATE_LIMIT: 'on', ...generous } });
  account = await server.user();
});
afterAll(() => server.stop());

const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
const text = expect.stringMatching(/\w/);
const socketIoBad = { type: 'error', v: 1, success: false, code: 'bad_frame', detail: text };

/** What each says to something that is no frame (§§5, 6, 8, 9). */
const BAD: Readonly<Record<SocketKind, unknown>> = {
  game: { type: 'error', v: 1, code: 'bad_frame', detail: text },
  rest: { type: 'error', data: { code: 'bad_frame', detail: text }, timestamp },
  messenger: { mode: text, timestamp: expect.any(Number), status: 400, error: text },
  'socketio over websocket': socketIoBad,
  'socketio over polling': socketIoBad,
};

describe.each(SOCKET_DRIVERS)('sockets of $kind', (driver) => {
  const { kind } = driver;
  const open = (): Promise<Peer> => driver.open(server, account.tokens.token);

  it.each(ACCOUNT_DRIVERS)('opens with a token of $protocol', async ({ logIn }) => {
    const { token } = await logIn(server, { username: account.username, password: PASSWORD });
    const peer = await driver.open(server, token);
    expect(await peer.ping()).toBeDefined();
    await peer.close();
  });

  it('answers a bad frame and stays open', async () => {
    const peer = await open();
    expect(await peer.bad()).toEqual(BAD[kind]);
    expect(await peer.ping()).toBeDefined();
    await peer.close();
  });

  it('takes a binary frame for a bad one', async () => {
    const peer = await open();
    peer.sendBinary();
    expect(await peer.next()).toEqual(BAD[kind]);
    expect(await peer.ping()).toBeDefined();
    await peer.close();
  });

  it('closes with 4400 at the tenth bad frame, not before', async () => {
    const peer = await open();
    for (let i = 0; i < 9; i++) expect(await peer.bad()).toEqual(BAD[kind]);
    expect(await peer.ping()).toBeDefined();
    peer.sendBad();
    expectNotice(kind, await peer.ended, 4400);
  });

  it('takes a frame of nearly 256 KiB', async () => {
    const peer = await open();
    peer.sendBig(255 * 1024);
    expect(await peer.ping()).toBeDefined();
    await peer.close();
  });

  it('answers frames beyond 120 a second and a burst of 240 as too many', async () => {
    const peer = await open();
    const from = performance.now();
    const answers = await peer.pings(500);
    const seconds = (performance.now() - from) / 1000;
    const accepted = 500 - answers.filter((answer) => isOverLimit(kind, answer)).length;
    expect(accepted).toBeGreaterThanOrEqual(240);
    expect(accepted).toBeLessThanOrEqual(Math.ceil(240 + 120 * seconds));
    await peer.close();
  });
});

const [polling, ...connections] = [...SOCKET_DRIVERS].reverse();

describe.each(connections)('a frame that is too large, of $kind', ({ kind, open }) => {
  it('closes with 1009 after a frame of more than 256 KiB', async () => {
    const peer = await open(server, account.tokens.token);
    peer.sendBig(256 * 1024 + 1);
    expectNotice(kind, await peer.ended, 1009);
  });
});

describe('a body that is too large, of long polling', () => {
  it('is refused, without a connection that could carry a last word', async () => {
    const peer = await polling?.open(server, account.tokens.token);
    peer?.sendBig(256 * 1024 + 1);
    expect((await peer?.ended)?.notice).toEqual({});
  });
});

describe.each(COMMAND_DRIVERS)('commands of $kind', (driver) => {
  let peer: Peer;
  beforeAll(async () => {
    peer = await driver.open(server, account.tokens.token);
  });
  afterAll(() => peer.close());

  const failed = { type: 'response', v: 1, request_id: 'request', success: false, detail: text };

  it.each(['nobody.knows', 'system.nothing', 'account.login', '__proto__.constructor', 'chat.post'])(
    'knows no %s, and says so with the request id',
    async (name) => {
      expect(await peer.command(name, {})).toEqual({ ...failed, code: 'unknown_command' });
    },
  );

  it('tells who it is', async () => {
    const { data } = await peer.command('system.whoami', {});
    expect(data).toMatchObject({ user_id: account.id, username: account.username, is_superuser: false });
  });

  it('names every fault of a payload', async () => {
    const errors = [{ loc: ['payload', 'token'], msg: 'str type expected', type: 'type_error.str' }];
    expect(await peer.command('system.authenticate', { token: 17 })).toEqual({ ...failed, code: 'invalid_payload', errors });
  });

  it.each([[[]], ['text'], [17], [true]])('takes no %j for a payload', async (payload) => {
    const errors = [{ loc: ['payload'], msg: 'value is not a valid dict', type: 'type_error.dict' }];
    expect(await peer.command('system.authenticate', payload)).toEqual({ ...failed, code: 'invalid_payload', errors });
  });
});
