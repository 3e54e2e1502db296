import { type Attack, again, ask, Clock, openWebSocket, wireFrame } from './wire.js';

/** As many frames a second as the limit of a connection lets through for long. */
const PER_SECOND = 120;
const EVERY_MS = 100;

const frameOf = (name: string, payload: object): Buffer => {
  const [domain, command] = name.split('.');
  return wireFrame('text', JSON.stringify({ type: 'command', v: 1, request_id: 'r', domain, command, payload }));
};

/** The user's chats, the one that was made first at the front. */
async function chatsOf(base: string, token: string): Promise<readonly number[]> {
  const { text } = await ask(base, 'GET', '/api/v1/chats?limit=200', undefined, token);
  return [...text.matchAll(/"chat_id":\s*(\d+)/g)].map(([, id]) => Number(id)).sort((a, b) => a - b);
}

/** The same commands in turn over eight sockets of one user, as often as each of them may. */
const eight =
  (framesOf: (chats: readonly number[]) => readonly Buffer[]): Attack =>
  async (base, options) => {
    const clock = new Clock(options);
    const [token = ''] = options.tokens ?? [];
    const frames = framesOf(await chatsOf(base, token));
    let at = 0;
    const one = (): Promise<void> =>
      again(
        clock,
        () => openWebSocket(base, `/v1/connect?token=${token}`),
        async (socket) => {
          while (!clock.isOver && !socket.destroyed) {
            const count = (PER_SECOND * EVERY_MS) / 1000;
            socket.write(Buffer.concat(Array.from({ length: count }, () => frames[at++ % frames.length] ?? Buffer.alloc(0))));
            await clock.wait(EVERY_MS);
          }
        },
      );
    await Promise.all(Array.from({ length: 8 }, one));
  };

const LIST = frameOf('chat.list', { limit: 200 });
/** Rounds of reading one more entry in every chat: a count that is remembered holds no longer. */
const ROUNDS = 50;

/** What one user can ask of the database over several connections, each with a token. */
export const DATABASE_ATTACKS: Readonly<Record<string, Attack>> = {
  'chat-lists-eight': eight(() => [LIST]),
  'chat-lists-unread': eight((chats) =>
    Array.from({ length: ROUNDS }, (_unused, round) => [
      ...chats.map((chat_id) => frameOf('chat.read', { chat_id, seq: round + 1 })),
      LIST,
    ]).flat(),
  ),
  'pages-eight': eight((chats) =>
    chats.flatMap((chat_id) => [
      frameOf('chat.history', { chat_id, limit: 200 }),
      frameOf('chat.sync', { chat_id, after_seq: 0, limit: 1_000 }),
    ]),
  ),
  members: eight(([chat_id]) => [frameOf('chat.get', { chat_id })]),
  resumes: eight((chats) => [
    frameOf('system.resume', { cursors: chats.slice(0, 128).map((chat_id) => ({ chat_id, after_seq: 1_700 })) }),
  ]),
};
