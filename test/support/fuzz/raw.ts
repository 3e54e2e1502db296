import fc from 'fast-check';
import { Describer } from './described.js';
import { byOrder, byRequestId, messages, sessions, trySession } from './frames.js';
import { fuzz, type Outcome } from './run.js';
import { Grammar } from './schema.js';
import { FuzzSocket } from './socket.js';
import type { World } from './world.js';

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
  const { server, alice, pools } = world;
  const { describer, document } = await Describer.of(server, name);
  const nobody = anonymous ? fc.nat({ max: 4 }).map((pick) => pick === 0) : fc.constant(false);
  const session = sessions(messages(describer, new Grammar(document, pools)), nobody);
  const correlate = name === 'messenger' ? byOrder : byRequestId;
  return fuzz({
    name,
    server,
    arbitrary: fc.array(session, { minLength: 1, maxLength: 8, size: 'max' }),
    run: async (given) => {
      const tried = given.map(async (one) => {
        const token = await world.session(alice);
        const headers: Record<string, string> = one.anonymous ? {} : { authorization: `Bearer ${token}` };
        const socket = await FuzzSocket.open(server.port, path(), headers);
        if (greets) await socket.until(() => socket.texts.length > 0);
        return trySession({ socket, describer, session: one, token, correlate });
      });
      return (await Promise.all(tried)).reduce((sum, count) => sum + count, 0);
    },
  });
}
