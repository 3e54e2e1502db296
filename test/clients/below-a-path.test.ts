import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { has } from '../support/capabilities.js';
import { ConsoleBrowser } from '../support/console.js';
import { freePort } from '../support/daemon.js';
import { CARRIERS, entriesOf, kitFor, liveOver } from '../support/kit.js';
import { TestServer } from '../support/server.js';
import { until } from '../support/until.js';

let server: TestServer;
let address: string;

beforeAll(async () => {
  const port = await freePort();
  address = `http://localhost:${port}/app`;
  server = await TestServer.start({ variables: { HOST: 'localhost', PORT: String(port), PUBLIC_URL: address } });
});
afterAll(() => server.stop());

describe('a server below a path', () => {
  it.each(CARRIERS)('is used by the kit over %s: REST with a token, a live connection, and what others send', async (carrier) => {
    const [ann, bob] = [await server.user(), await server.user()];
    const [annKit, bobKit] = [await kitFor(address, ann.username), await kitFor(address, bob.username)];
    const { data } = await annKit.rest.GET('/api/v1/users/me');
    expect(data?.username).toBe(ann.username);
    const [annLive, bobLive] = [liveOver(carrier, annKit), liveOver(carrier, bobKit)];
    try {
      const entries = entriesOf(bobLive);
      await until(() => bobLive.state === 'open');
      const chat = await annLive.command('chat.create', { chat_type: 'personal', members: [bob.username] });
      await annLive.send(chat.chat_id, 'below');
      await until(() => entries.some((entry) => 'content' in entry && entry.content === 'below'));
    } finally {
      annLive.close();
      bobLive.close();
    }
  });

  it.runIf(has.chromium)('shows its console, which stays logged in when the page is loaded again', async () => {
    const user = await server.user();
    const browser = await ConsoleBrowser.launch();
    try {
      // Complains of every request to anywhere but below the path.
      const visitor = await browser.visitor(address);
      await visitor.open();
      await visitor.signIn(user.username);
      await visitor.page.reload();
      await visitor.inside();
      expect(new URL(visitor.page.url()).pathname).toBe('/app/');
      expect(await visitor.page.locator('a[href="/app/docs"]').count()).toBe(1);
      await visitor.open('/docs');
      await visitor.page.locator('.opblock').first().waitFor();
      await visitor.open('/asyncapi');
      await visitor.page.locator('#asked a').first().waitFor({ state: 'attached' });
      await browser.leave();
    } finally {
      await browser.close();
    }
  });
});
