import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Hub } from '../../src/realtime/hub.js';
import { makeGroup, makeUsers, say } from '../support/chats.js';
import type { RawSocket } from '../support/raw-socket.js';
import { type Account, TestServer } from '../support/server.js';

let server: TestServer;
let account: Account;
let other: Account;
let chat: number;
/** More members are connected than others may watch. */
const CROWD = 205;
beforeAll(async () => {
  server = await TestServer.start();
  [account, other] = await Promise.all([server.user(), server.user()]);
  const crowd = await makeUsers(server.database.url, CROWD, "'crowd-' || n");
  chat = await makeGroup(server.database.url, [account.id, other.id, ...crowd]);
  const { listeners } = server.app.get(Hub);
  await Promise.all(crowd.map(async (userId) => listeners.arriving(userId)));
});
afterAll(() => server.stop());

const devices = async (): Promise<RawSocket[]> => {
  const { token } = account.tokens;
  return Promise.all([`/v1/connect?token=${token}`, `/ws/own?token=${token}`].map((path) => server.socket(path)));
};
const isRead = (frame: { type?: string; event?: string }): boolean => frame.event === 'read' || frame.type === 'chat.read';

describe('how far a user has read', () => {
  it('reaches the own devices in a room in which nobody else learns of it', async () => {
    const sockets = await devices();
    const seq = await say(other, chat, 'one');
    await account.client.post(`/api/v1/chats/${chat}/read`, { seq });
    for (const socket of sockets) {
      expect((await socket.nextThat(isRead)).data).toEqual({ chat_id: chat, user_id: account.id, seq });
    }
    await Promise.all(sockets.map((socket) => socket.close()));
  });

  it('reaches an own device that reads too slowly for what others do', async () => {
    const sockets = await devices();
    const seq = await say(other, chat, 'two');
    const hub = server.app.get(Hub);
    // As if so much waited for them that typing and presence of others are left out.
    for (const { transport } of hub.of(account.id)) {
      Object.defineProperty(transport, 'pendingBytes', { value: () => 1024 * 1024 });
    }
    await account.client.post(`/api/v1/chats/${chat}/read`, { seq });
    for (const socket of sockets) expect((await socket.nextThat(isRead)).data).toMatchObject({ seq });
    await Promise.all(sockets.map((socket) => socket.close()));
  });
});
