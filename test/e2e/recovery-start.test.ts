import { Logger } from '@nestjs/common';
import { afterEach, expect, it, vi } from 'vitest';
import { startAccounts } from '../support/accounts.js';
import { TestServer } from '../support/server.js';

const LOCAL_LINKS = /^Links in mails begin with http:\/\/localhost:0.* set PUBLIC_URL$/;
const NO_PAGE = /^The page \/recover.* add rest to PROTOCOLS$/;

afterEach(() => {
  vi.restoreAllMocks();
});

/** The warnings about recovery while something starts. */
async function warnedBy(start: () => Promise<() => Promise<void>>): Promise<string[]> {
  const warned = vi.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  const stop = await start();
  await stop();
  return warned.mock.calls.map(([line]) => String(line)).filter((line) => LOCAL_LINKS.test(line) || NO_PAGE.test(line));
}

const server = (variables: Record<string, string>) => async () => {
  const started = await TestServer.start({ variables });
  return () => started.stop();
};

const NOWHERE = { SMTP_URL: 'smtp://127.0.0.1:1', PROTOCOLS: 'game' };

it('a server whose recovery links lead nowhere says so in one line each', async () => {
  const lines = await warnedBy(server(NOWHERE));
  expect(lines).toEqual([expect.stringMatching(LOCAL_LINKS), expect.stringMatching(NO_PAGE)]);
});

it('a server whose recovery links work says nothing, and no command does', async () => {
  expect(await warnedBy(server({ SMTP_URL: NOWHERE.SMTP_URL, PUBLIC_URL: 'https://example.org' }))).toEqual([]);
  expect(await warnedBy(server({}))).toEqual([]);
  const command = async () => (await startAccounts({ ...NOWHERE, PORT: '0' })).close;
  expect(await warnedBy(command)).toEqual([]);
});
