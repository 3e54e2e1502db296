import { type Attack, again, ask, Clock, openWebSocket, wireFrame } from './wire.js';

/** As many frames a second as the limit of a connection lets through for long. */
const PER_SECOND = 120;
const EVERY_MS = 100;

const frameOf = (name: string, payload: unknown): Buffer => {
  const [domain, command] = name.split('.');
  return wireFrame('text', JSON.stringify({ type: 'command', v: 1, request_id: 'r', domain, command, payload }));
};

/** The same commands in turn over one socket, as often as it may; what is refused is sent again. */
const commands =
  (framesOf: (base: string, token: string) => Promise<readonly Buffer[]> | readonly Buffer[]): Attack =>
  async (base, options) => {
    const clock = new Clock(options);
    const [token = ''] = options.tokens ?? [];
    const frames = await framesOf(base, token);
    let at = 0;
    await again(
      clock,
      () => openWebSocket(base, `/v1/connect?token=${token}`),
      async (socket) => {
        while (!clock.isOver && !socket.destroyed) {
          const next = Array.from(
            { length: (PER_SECOND * EVERY_MS) / 1000 },
            () => frames[at++ % frames.length] ?? Buffer.alloc(0),
          );
          socket.write(Buffer.concat(next));
          await clock.wait(EVERY_MS);
        }
      },
    );
  };

/** Names that nobody has, a thousand at a time. */
const names = commands(() =>
  Array.from({ length: 50 }, (_unused, batch) =>
    frameOf('chat.create', {
      chat_type: 'group',
      members: Array.from({ length: 1_000 }, (_none, i) => `no-${(batch * 1_000 + i).toString(36)}`),
    }),
  ),
);

/** The largest pages of every chat's log in turn. */
const pages = commands(async (base, token) => {
  const { text } = await ask(base, 'GET', '/api/v1/chats?limit=50', undefined, token);
  const ids = [...text.matchAll(/"chat_id":\s*(\d+)/g)].map(([, id]) => Number(id));
  if (ids.length === 0) throw new Error(`There are no chats to page through: ${text.slice(0, 200)}`);
  return ids.flatMap((chat_id) => [
    frameOf('chat.history', { chat_id, limit: 200, before_seq: 1_500 }),
    frameOf('chat.sync', { chat_id, after_seq: 500, limit: 1_000 }),
  ]);
});

/** Connections of nobody, as many as are let in, which do nothing. */
const strangers: Attack = async (base, options) => {
  const clock = new Clock(options);
  const one = (i: number): Promise<void> =>
    again(
      clock,
      () => openWebSocket(base, `/ws/stranger-${i}`),
      async (socket) => {
        while (!clock.isOver && !socket.destroyed) await clock.wait(200);
      },
    );
  await Promise.all(Array.from({ length: 2_000 }, (_unused, i) => one(i)));
};

/** A user comes and goes, sixteen sockets at a time: what a connection costs at its beginning. */
const reconnects: Attack = async (base, options) => {
  const clock = new Clock(options);
  const [token = ''] = options.tokens ?? [];
  const one = (): Promise<void> =>
    again(
      clock,
      () => openWebSocket(base, `/v1/connect?token=${token}`),
      () => clock.wait(10),
    );
  await Promise.all(Array.from({ length: 16 }, one));
};

/** Attacks by commands that are allowed, each of which needs a token. */
export const COMMAND_ATTACKS: Readonly<Record<string, Attack>> = {
  'chat-lists': commands(() => [frameOf('chat.list', { limit: 200 })]),
  names,
  pages,
  matches: commands(() => [frameOf('game.create_match', { max_players: 64 }), frameOf('game.list_matches', { limit: 100 })]),
  'system-commands': commands(() => [frameOf('system.commands', {})]),
  strangers,
  reconnects,
};
