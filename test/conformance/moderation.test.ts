import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connect, connected } from './drivers/socketio.js';
import type { Parsed } from '../support/http-client.js';
import { run, say, type Scene, sceneOf } from '../support/moderation.js';
import { type Account, TestServer } from '../support/server.js';

interface Reported {
  /** HTTP's, or that of the frame; of commands 200 or the code of the error. */
  readonly outcome: number | string;
  readonly reportId: number | undefined;
}

/** Reports messages by one protocol, for one account. */
interface Reporter {
  report(chatId: number, seq: number, reason: string): Promise<Reported>;
  close(): void;
}

type Open = (server: TestServer, account: Account) => Promise<Reporter>;

const ofCommand = ({ success, code, data }: Parsed): Reported => ({ outcome: success ? 200 : code, reportId: data?.report_id });
const token = ({ tokens }: Account): Record<string, string> => ({ authorization: `Bearer ${tokens.token}` });

const overRaw =
  (path: (account: Account) => string): Open =>
  async (server, account) => {
    const socket = await server.socket(path(account), token(account));
    return {
      report: async (chat_id, seq, reason) => ofCommand(await socket.command('moderation.report', { chat_id, seq, reason })),
      close: () => socket.terminate(),
    };
  };

const overSocketIo: Open = async (server, { tokens }) => {
  const socket = await connected(connect(server, 'websocket', { auth: { token: tokens.token } }));
  return {
    report: async (chat_id, seq, reason) => {
      const frame = { request_id: 'r', domain: 'moderation', command: 'report', payload: { chat_id, seq, reason } };
      return ofCommand(await socket.emitWithAck('command', frame));
    },
    close: () => void socket.disconnect(),
  };
};

const overMessenger: Open = async (server, account) => {
  const socket = await server.socket('/', token(account));
  return {
    report: async (chat_id, message_id, reason) => {
      socket.send({ mode: 'reportMessage', timestamp: 1, chat_id, message_id, reason, request_id: 7 });
      // What is said in the chat comes, too.
      const answer = await socket.nextThat(({ mode }) => mode === 'reportMessage');
      expect(answer).toMatchObject({ request_id: 7, timestamp: expect.any(Number) });
      return { outcome: answer.status, reportId: answer.report_id };
    },
    close: () => socket.terminate(),
  };
};

const overHttp =
  (path: string, read: (status: number, body: Parsed) => Reported): Open =>
  (server, { tokens }) => {
    const client = server.client(tokens.token);
    return Promise.resolve({
      report: async (chat_id, seq, reason) => {
        const { status, body } = await client.post(path, { chat_id, seq, reason });
        return read(status, body);
      },
      close: () => undefined,
    });
  };

/** What each calls: what is not there, oneself, a reason that is none. */
const CODES = ['not_found', 'conflict', 'invalid_payload'] as const;
const WAYS: Readonly<Record<string, readonly [Open, ...(number | string)[]]>> = {
  game: [overRaw(() => '/v1/connect'), ...CODES],
  'a rest socket': [overRaw(({ id }) => `/ws/reporter-${id}`), ...CODES],
  socketio: [overSocketIo, ...CODES],
  'commands over HTTP': [overHttp('/api/v1/commands/moderation/report', (_status, body) => ofCommand(body)), ...CODES],
  'the route': [overHttp('/api/v1/reports', (outcome, body) => ({ outcome, reportId: body.report_id })), 404, 409, 422],
  messenger: [overMessenger, 404, 409, 400],
};

let server: TestServer;
let scene: Scene;
beforeAll(async () => {
  server = await TestServer.start();
  scene = await sceneOf(server);
});
afterAll(() => server.stop());

describe.each(Object.entries(WAYS))('a report over %s', (name, [open, absent, own, invalid]) => {
  it('arrives in the queue with its evidence, once, and is refused in the words of the protocol', async () => {
    const { root, alice, bob, chatId } = scene;
    const reporter = await open(server, alice);
    const seq = await say(bob, chatId, `You fool, over ${name}`);
    const mine = await say(alice, chatId, 'mine');
    const first = await reporter.report(chatId, seq, 'abuse');
    expect(first).toEqual({ outcome: 200, reportId: expect.any(Number) });
    expect(await reporter.report(chatId, seq, 'spam')).toEqual(first);
    expect(await run(root, 'moderation.get_report', { report_id: first.reportId })).toMatchObject({
      reason: 'abuse',
      reporter_id: alice.id,
      user_id: bob.id,
      message: { versions: [{ content: `You fool, over ${name}` }] },
    });
    const refused = async (...args: Parameters<Reporter['report']>): Promise<unknown> => (await reporter.report(...args)).outcome;
    expect(await refused(chatId, 999_999, 'abuse')).toBe(absent);
    expect(await refused(999_999, 1, 'abuse')).toBe(absent);
    expect(await refused(chatId, mine, 'abuse')).toBe(own);
    expect(await refused(chatId, seq, 'dislike')).toBe(invalid);
    reporter.close();
  });
});
