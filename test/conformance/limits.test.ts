import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TestServer } from '../support/server.js';
import { ACCOUNT_DRIVERS } from './drivers/accounts.js';
import type { Outcome } from './drivers/driver.js';
import { expectFault } from './words.js';

describe.each(ACCOUNT_DRIVERS.filter(({ protocol }) => protocol !== 'messenger'))('requests through $protocol', (driver) => {
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ variables: { RATE_LIMIT: 'on' } });
  });
  afterAll(() => server.stop());

  it('pass ten a second and a burst of twenty; what is over is refused in its words, and /health is free', async () => {
    const outcomes: Outcome[] = [];
    const from = performance.now();
    // A body that costs nothing to refuse.
    for (let i = 0; i < 60; i++) outcomes.push(await driver.logIn(server, {}));
    const seconds = (performance.now() - from) / 1000;
    const refused = outcomes.filter(({ status }) => status === 429);
    expect(outcomes.slice(0, 30).every(({ status }) => status !== 429)).toBe(true);
    expect(60 - refused.length).toBeLessThanOrEqual(30 + Math.ceil(seconds * 10));
    for (const outcome of refused) expectFault(driver.protocol, outcome, 'too many');
    for (let i = 0; i < 100; i++) expect((await server.client().get('/health/live')).status).toBe(200);
    // Other paths have an allowance of their own: thirty a second and twenty more.
    const others: number[] = [];
    for (let i = 0; i < 50; i++) others.push((await server.client().get('/nowhere')).status);
    expect(others).toEqual(Array(50).fill(404));
  });
});

describe('requests that cost as much as one to the API', () => {
  it('are limited for their address over a live connection, too, on all its connections together', async () => {
    const server = await TestServer.start({ variables: { RATE_LIMIT: 'on' } });
    try {
      const frames = [
        { mode: 'auth', username: 'nobody', password: 'wrong password' },
        { mode: 'register', username: 'somebody', password: 'correct horse battery', email: 'nobody@example.com' },
        { mode: 'recovery', known_data: 'nobody', known_data_type: 'username' },
      ];
      const sockets = await Promise.all([0, 1, 2].map(() => server.socket('/')));
      const from = performance.now();
      const asked = sockets.flatMap((socket, i) => Array.from({ length: 30 }, () => socket.ask({ ...frames[i] })));
      const statuses = (await Promise.all(asked)).map(({ status }) => status as number);
      const allowed = 30 + Math.ceil(((performance.now() - from) / 1000) * 10);
      for (const first of [0, 30, 60]) expect(statuses.slice(first, first + 30)).toContain(429);
      expect(statuses.filter((status) => status !== 429).length).toBeLessThanOrEqual(allowed);
      await Promise.all(sockets.map((socket) => socket.close()));
    } finally {
      await server.stop();
    }
  });
});

describe('guesses of a password', () => {
  it.each(ACCOUNT_DRIVERS)('through $protocol are refused after ten, in its words', async (driver) => {
    const server = await TestServer.start({ variables: { LOGIN_THROTTLE: 'on' } });
    try {
      const { username } = await server.user();
      const guess = () => driver.logIn(server, { username, password: 'wrong password' });
      for (let i = 0; i < 10; i++) expectFault(driver.protocol, await guess(), 'wrong credentials');
      expectFault(driver.protocol, await guess(), 'too many');
    } finally {
      await server.stop();
    }
  });
});
