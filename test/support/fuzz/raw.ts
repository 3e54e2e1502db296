import fc from 'fast-check';
import { Describer } from './described.js';
import { byOrder, byRequestId, messages, sessions, trySession } from './frames.js';
import { fuzz, type Outcome } from './run.js';
import { Grammar } from './schema.js';
import { FuzzSocket } from './socket.js';
import type { Actor, World } from './world.js';

export interface RawTarget {
  readonly name: 'game' | 'rest' | 'messenger';
  /** Where the socket is. */
  path(): string;
  /** Whether the server speaks first. */
  readonly greets: boolean;
  /** Whether a connection may be nobody's. */
  readonly anonymous: boolean;
}

/** Tries the sockets of one protocol, a few at a time. */
export async function fuzzRaw(world: World, { name, path, greets, anonymous }: RawTarget): Promise<Outcome> {
  const { server, pools } = world;
  const { describer, document } = await Describer.of(server, name);
  const actors: Actor[] = ['user', 'user', 'user', 'superuser', ...(anonymous ? (['nobody'] as const) : [])];
  const session = sessions(messages(describer, new Grammar(document, pools)), fc.constantFrom(...actors));
  const correlate = name === 'messenger' ? byOrder : byRequestId;
  return fuzz({
    name,
    server,
    arbitrary: fc.array(session, { minLength: 1, maxLength: 8, size: 'max' }),
    run: async (given) => {
      await world.mend();
      const tried = given.map(async (one) => {
        const token = await world.token(one.actor);
        const headers: Record<string, string> = one.actor === 'nobody' ? {} : { authorization: `Bearer ${token}` };
        const socket = await FuzzSocket.open(server.port, path(), headers);
        if (greets) await socket.until(() => socket.texts.length > 0);
        return trySession({ socket, describer, session: one, token, correlate });
      });
      return (await Promise.all(tried)).reduce((sum, count) => sum + count, 0);
    },
  });
}
