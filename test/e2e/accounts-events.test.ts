import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { LiveSession } from '../../src/identity/identity.js';
import type { CloseReason } from '../../src/realtime/close-reasons.js';
import type { Codec, ServerEvent } from '../../src/realtime/codec.js';
import { Connection } from '../../src/realtime/connection.js';
import { Hub } from '../../src/realtime/hub.js';
import { UsersService } from '../../src/users/users.service.js';
import { HERE, logIn, member, startAccounts, startNode, type AccountsApp } from '../support/accounts.js';
import { until } from '../support/until.js';

let node: Awaited<ReturnType<typeof startAccounts>>;
let root: LiveSession;

beforeAll(async () => {
  node = await startAccounts({ LOGIN_THROTTLE: 'off' });
  root = await member(node, 'root', { isSuperuser: true });
});
afterAll(() => node.close());

const codec = {
  protocol: 'test',
  ordered: false,
  anonymous: false,
  resumable: true,
  liveness: 'frames',
  event: (event: ServerEvent) => JSON.stringify(event),
  disconnect: () => '"disconnect"',
} as unknown as Codec<string>;

/** A connection of a session, and what reached its client. */
function connect(to: AccountsApp, session: LiveSession) {
  const received: unknown[] = [];
  let closed: CloseReason | undefined;
  const transport = {
    prepare: (frame: string) => frame,
    send: (frame: unknown) => void received.push(JSON.parse(frame as string)),
    pendingBytes: () => 0,
    close: (reason: CloseReason) => {
      closed = reason;
    },
  };
  const connection = new Connection(codec, transport as unknown as Connection<string>['transport'], HERE);
  connection.identity = { session, expiresAt: Date.now() + 60_000, generation: 0 };
  to.app.get(Hub).add(connection);
  return { received, code: () => closed?.code };
}

describe('connections of an account', () => {
  it('are told what became of it, and nobody else is', async () => {
    const session = await member(node, 'watcher');
    const own = [connect(node, session), connect(node, (await logIn(node, 'watcher')).session)];
    const foreign = connect(node, root);
    const record = await node.accounts.update(session.userId, { full_name: 'Watched' }, root, HERE);
    for (const { received } of own) expect(received).toEqual([{ domain: 'user', event: 'updated', data: record }]);
    expect(foreign.received).toEqual([]);
  });

  it('are told by the database where another process changed it, and never twice', async () => {
    const second = await startNode(node.database, { LOGIN_THROTTLE: 'off', DATA_DIR: node.dataDir });
    try {
      const session = await member(node, 'renamed');
      const here = connect(node, session);
      const there = connect(second, (await logIn(second, 'renamed')).session);
      const events: ServerEvent[] = [];
      for (const username of ['renamed-1', 'renamed-2', 'renamed-3']) {
        const record = await node.accounts.update(session.userId, { username }, session, HERE);
        events.push({ domain: 'user', event: 'updated', data: record });
        await until(() => there.received.length === events.length, 1000);
        // What both hear of last: then all that the database has to say of the change has been worked off.
        const read = vi.spyOn(node.app.get(UsersService), 'find');
        await node.sql.rows(`SELECT pg_notify('switchboard', $1)`, [`user:${session.userId}`]);
        await until(() => read.mock.settledResults.some(({ type }) => type === 'fulfilled'));
        read.mockRestore();
      }
      expect(there.received).toEqual(events);
      expect(here.received).toEqual(events);
    } finally {
      await second.stop();
    }
  });

  it('are not told of what did not come about', async () => {
    const session = await member(node, 'unmoved');
    const { received } = connect(node, session);
    await node.accounts.update(session.userId, { username: 'unmoved' }, session, HERE);
    await node.accounts.update(session.userId, { username: 'ROOT' }, session, HERE).catch(() => undefined);
    expect(received).toEqual([]);
  });

  it('are closed with their sessions when the password changes, save those of the session that did it', async () => {
    const session = await member(node, 'careful');
    const mine = connect(node, session);
    const other = connect(node, (await logIn(node, 'careful')).session);
    await node.accounts.update(session.userId, { password: 'a very new password' }, session, HERE);
    expect(other.code()).toBe(4401);
    expect(mine.code()).toBeUndefined();
  });

  it('are closed within a second when the account is deactivated, removed or reset, on every node', async () => {
    const second = await startNode(node.database, { LOGIN_THROTTLE: 'off', DATA_DIR: node.dataDir });
    try {
      const deeds = [
        (id: number) => node.accounts.update(id, { is_active: false }, root, HERE),
        (id: number) => node.accounts.remove(id, root, HERE),
        (id: number) => node.recovery.issueByOwner(id, root, HERE),
      ];
      for (const [index, deed] of deeds.entries()) {
        const session = await member(node, `ended-${index}`);
        const here = connect(node, session);
        const there = connect(second, (await logIn(second, `ended-${index}`)).session);
        await deed(session.userId);
        expect(here.code()).toBe(4401);
        await until(() => there.code() === 4401, 1000);
      }
    } finally {
      await second.stop();
    }
  });
});
