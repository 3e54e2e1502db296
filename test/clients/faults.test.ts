import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { State } from '../../clients/typescript/src/index.js';
import { connectSocketIo } from '../../clients/typescript/src/socketio.js';
import { logOf, makeGroup } from '../support/chats.js';
import { CARRIERS, entriesOf, kitFor, liveOver } from '../support/kit.js';
import { Line } from '../support/line.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
const opened: { close(): unknown }[] = [];
beforeAll(async () => {
  server = await TestServer.start({ variables: { HEARTBEAT_SEC: '1' } });
});
afterEach(async () => {
  for (const it of opened.splice(0)) await it.close();
});
afterAll(() => server.stop());

describe.each(CARRIERS)('the kit over %s', (carrier) => {
  it('stays connected for as long as nobody says anything', async () => {
    const { username } = await server.user();
    const live = liveOver(carrier, await kitFor(server.url, username));
    opened.push(live);
    const states: State[] = [];
    live.on('state', (state) => states.push(state));
    let pings = 0;
    live.on('frame', ({ direction, text }) => {
      if (direction === 'out' && text.includes('ping')) pings += 1;
    });
    await until(() => pings >= 5, 15_000);
    expect(states).toEqual(['open']);
  }, 30_000);

  it('answers each message once, though the answer was lost and the connection with it', async () => {
    const account = await server.user();
    const chat = await makeGroup(server.database.url, [account.id]);
    const line = new Line(new URL(server.url));
    const live = liveOver(carrier, await kitFor((await line.open()).replace(/\/$/, ''), account.username));
    opened.push(live, line);
    const heard = entriesOf(live);
    live.follow(chat, 0);
    await until(() => live.state === 'open');
    const answers = [];
    for (let count = 0; count < 10; count++) {
      const sending = live.send(chat, `text ${count}`);
      // It is stored, and the answer is on its way, or never comes.
      if (count % 2 === 0) await until(async () => (await logOf(server.database.url, chat)).length > count);
      line.cut();
      line.mend();
      answers.push(await sending);
    }
    expect(answers.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    await until(() => heard.length === 10);
    expect(heard.map(({ content }) => content)).toEqual((await logOf(server.database.url, chat)).map(({ content }) => content));
  }, 30_000);
});

describe('long polling', () => {
  it('will do where nothing else gets through', async () => {
    const account = await server.user();
    const chat = await makeGroup(server.database.url, [account.id]);
    const live = connectSocketIo(await kitFor(server.url, account.username), { transports: ['polling'] });
    opened.push(live);
    const heard = entriesOf(live);
    live.follow(chat, 0);
    expect(await live.send(chat, 'slowly')).toMatchObject({ seq: 1 });
    await until(() => heard.length === 1);
    expect(await live.command('system.whoami', {})).toMatchObject({ protocol: 'socketio', user_id: account.id });
  });
});

describe('a server that is there no more', () => {
  it('is left alone more and more, and no socket is left behind', async () => {
    const { username } = await server.user();
    const line = new Line(new URL(server.url));
    opened.push(line);
    let sockets = 0;
    class Counted extends WebSocket {
      constructor(url: string) {
        super(url);
        sockets += 1;
        this.on('close', () => {
          sockets -= 1;
        });
      }
    }
    const live = (await kitFor((await line.open()).replace(/\/$/, ''), username, { WebSocket: Counted })).connect({
      reconnect: { minMs: 1, maxMs: 20 },
    });
    opened.unshift(live);
    await until(() => live.state === 'open');
    line.cut();
    await until(() => line.refused > 20, 10_000);
    live.close();
    const { refused } = line;
    await until(() => sockets === 0);
    line.mend();
    expect([live.state, line.refused]).toEqual(['closed', refused]);
  }, 20_000);
});
