import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Heard, LISTENERS, type Listener } from './drivers/chats.js';
import { runSql } from '../support/database.js';
import { group, personal } from '../support/contacts.js';
import { TOMORROW } from '../support/moderation.js';
import { type Account, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let root: Account;
const open: Listener[] = [];
beforeAll(async () => {
  server = await TestServer.start();
  root = await server.user({ isSuperuser: true });
});
afterEach(() => {
  for (const { close } of open.splice(0)) close();
});
afterAll(() => server.stop());

const listen = async (account: Account): Promise<Listener[]> => {
  const listeners = await Promise.all(LISTENERS.map((listener) => listener(server, account)));
  open.push(...listeners);
  return listeners;
};
const updatesOf = ({ heard }: Listener): unknown[] =>
  heard.filter(({ event }: Heard) => event === 'member_updated').map(({ data }) => data);

/** Every one of these has received this as its last update. */
async function expectUpdate(listeners: readonly Listener[], update: object): Promise<void> {
  for (const listener of listeners) {
    await until(() => JSON.stringify(updatesOf(listener).at(-1)) === JSON.stringify(update));
    expect([listener.kind, updatesOf(listener).at(-1)]).toEqual([listener.kind, update]);
  }
}

describe('a change of an account', () => {
  it('reaches everybody who shares a chat with the user, over every kind of socket, and nobody else', async () => {
    const [ann, ben, eve] = [await server.user(), await server.user(), await server.user()];
    await group(ann, ben);
    await personal(ann, ben);
    const [bens, eves] = [await listen(ben), await listen(eve)];
    const user_id = ann.id;
    const path = `/api/v1/users/${ann.id}`;
    const username = `${ann.username}_new`;
    const now = { user_id, username, is_active: true, is_deleted: false };

    expect((await ann.client.put(path, { username })).status).toBe(200);
    await expectUpdate(bens, now);
    // Those of a user who shares several chats receive it once.
    for (const listener of bens) expect([listener.kind, updatesOf(listener).length]).toEqual([listener.kind, 1]);

    await root.client.put(path, { is_active: false });
    await expectUpdate(bens, { ...now, is_active: false });
    await root.client.put(path, { is_active: true });
    await expectUpdate(bens, now);
    await root.client.put(`${path}/suspension`, { reason: 'Spam', until: TOMORROW });
    await expectUpdate(bens, { ...now, is_active: false });
    const { body } = await ben.client.get('/api/v1/chats');
    const members = (await ben.client.get(`/api/v1/chats/${body.chats[0].chat_id}`)).body.members;
    expect(members).toContainEqual(expect.objectContaining({ user_id, username, is_active: false }));
    expect(members).toContainEqual(expect.not.objectContaining({ is_active: expect.anything() }));
    await root.client.delete(`${path}/suspension`);
    await expectUpdate(bens, now);
    // Whatever way it is changed by.
    await runSql(server.database.url, `UPDATE users SET username = $2 WHERE id = $1`, [ann.id, `${username}er`]);
    await expectUpdate(bens, { ...now, username: `${username}er` });

    await root.client.delete(path);
    await expectUpdate(bens, { user_id, username: 'deleted user', is_active: false, is_deleted: true });
    for (const listener of eves) expect([listener.kind, updatesOf(listener)]).toEqual([listener.kind, []]);
  });

  it('reaches the other one of a personal chat that the user has left', async () => {
    const [ann, ben] = [await server.user(), await server.user()];
    const chat = await personal(ann, ben);
    await ann.client.delete(`/api/v1/chats/${chat}/members/${ann.id}`);
    const bens = await listen(ben);
    const username = `${ann.username}_new`;
    await ann.client.put(`/api/v1/users/${ann.id}`, { username });
    await expectUpdate(bens, { user_id: ann.id, username, is_active: true, is_deleted: false });
    expect((await ben.client.get(`/api/v1/chats/${chat}`)).body.chat_name).toBe(username);
  });

  it('is received once, in its last state, where many follow each other', async () => {
    const [ann, ben] = [await server.user(), await server.user()];
    await group(ann, ben);
    const bens = await listen(ben);
    const names = Array.from({ length: 60 }, (_unused, i) => `${ann.username}_${i}`);
    for (const name of names) await runSql(server.database.url, 'UPDATE users SET username = $2 WHERE id = $1', [ann.id, name]);
    await expectUpdate(bens, { user_id: ann.id, username: names.at(-1), is_active: true, is_deleted: false });
    for (const listener of bens) expect(updatesOf(listener).length).toBeLessThan(names.length);
  });
});
