import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { CoreError } from '../../src/errors/catalogue.js';
import type { Origin } from '../../src/identity/identity.js';
import { Metrics } from '../../src/ops/metrics.js';
import { has } from '../support/capabilities.js';
import { TestRedis } from '../support/redis.js';
import { codeOf, logIn, member, originFrom, PASSWORD, startAccounts, startNode } from '../support/accounts.js';

let node: Awaited<ReturnType<typeof startAccounts>>;
let count = 0;
/** An address that no other test has used. */
const newOrigin = (): Origin => originFrom(`198.18.${Math.floor(++count / 250)}.${(count % 250) + 1}`);

beforeAll(async () => {
  node = await startAccounts();
});
afterAll(() => node.close());
// Only the clock is false, so that windows can pass; timers and sockets are real.
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }));
afterEach(() => void vi.useRealTimers());

const pass = (seconds: number): void => void vi.setSystemTime(Date.now() + seconds * 1000);
const guess = (login: string, origin: Origin, password = 'wrong password'): Promise<string> =>
  codeOf(node.accounts.verifyCredentials(login, password, origin));
const guesses = async (number: number, login: string, origin: Origin): Promise<string[]> => {
  const codes: string[] = [];
  for (let index = 0; index < number; index++) codes.push(await guess(login, origin));
  return codes;
};
const times = (number: number, code: string): string[] => Array.from({ length: number }, () => code);

async function waitOf(login: string, origin: Origin): Promise<number | undefined> {
  try {
    await node.accounts.verifyCredentials(login, PASSWORD, origin);
  } catch (error) {
    if (error instanceof CoreError) return error.retryAfterSec;
  }
  return undefined;
}

describe('guessing an account from one address', () => {
  it('is looked at ten times, then refused with the time to wait, for the right password, too', async () => {
    await member(node, 'victim');
    const origin = newOrigin();
    expect(await guesses(10, 'victim', origin)).toEqual(times(10, 'wrong_credentials'));
    expect(await guess('victim', origin)).toBe('too_many_requests');
    const wait = await waitOf('victim', origin);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(60);
  });

  it('goes on at once a minute, and is forgotten after a quarter of an hour', async () => {
    await member(node, 'patient');
    const origin = newOrigin();
    await guesses(11, 'patient', origin);
    for (let minute = 0; minute < 3; minute++) {
      pass(61);
      expect(await guesses(3, 'patient', origin)).toEqual(['wrong_credentials', 'too_many_requests', 'too_many_requests']);
    }
    pass(15 * 60);
    expect(await guesses(11, 'patient', origin)).toEqual([...times(10, 'wrong_credentials'), 'too_many_requests']);
  });

  it('counts what was typed: an account that is limited by its name is free by its e-mail address, and the other way round', async () => {
    await member(node, 'twofold');
    const origin = newOrigin();
    expect(await guesses(11, 'twofold', origin)).toEqual([...times(10, 'wrong_credentials'), 'too_many_requests']);
    expect(await guesses(11, 'Twofold@Example.com', origin)).toEqual([...times(10, 'wrong_credentials'), 'too_many_requests']);
    expect(await guess('TWOFOLD', origin)).toBe('too_many_requests');
  });

  it('gives a success back to the login that was typed only', async () => {
    await member(node, 'halfway');
    const origin = newOrigin();
    await guesses(9, 'halfway', origin);
    await guesses(9, 'halfway@example.com', origin);
    expect(await guess('halfway', origin, PASSWORD)).toBe('ok');
    expect(await guesses(2, 'halfway@example.com', origin)).toEqual(['wrong_credentials', 'too_many_requests']);
    expect(await guesses(10, 'halfway', origin)).toEqual(times(10, 'wrong_credentials'));
  });

  it('counts accounts that do not exist in the same way', async () => {
    const origin = newOrigin();
    expect(await guesses(10, 'nobody-at-all', origin)).toEqual(times(10, 'wrong_credentials'));
    expect(await guess('NOBODY-at-all', origin)).toBe('too_many_requests');
    expect(await guess('somebody-else', origin)).toBe('wrong_credentials');
  });

  it('is not helped by another address in the same IPv6 network', async () => {
    await member(node, 'sixth');
    for (let index = 0; index < 10; index++) await guess('sixth', originFrom(`2001:db8:1:2::${index + 1}`));
    expect(await guess('sixth', originFrom('2001:db8:1:2:ffff::1'))).toBe('too_many_requests');
    expect(await guess('sixth', originFrom('2001:db8:1:3::1'))).toBe('wrong_credentials');
  });

  it('is not helped by sending everything at once', async () => {
    await member(node, 'stormed');
    const origin = newOrigin();
    const codes = await Promise.all(Array.from({ length: 200 }, () => guess('stormed', origin)));
    expect(codes.filter((code) => code === 'wrong_credentials')).toHaveLength(10);
    expect(codes.filter((code) => code === 'too_many_requests')).toHaveLength(190);
  });

  it('starts anew after a success', async () => {
    await member(node, 'clumsy');
    const origin = newOrigin();
    for (let round = 0; round < 3; round++) {
      expect(await guesses(9, 'clumsy', origin)).toEqual(times(9, 'wrong_credentials'));
      expect(await guess('clumsy', origin, PASSWORD)).toBe('ok');
    }
  });

  it('does not count what was right, however often', async () => {
    await member(node, 'frequent');
    const origin = newOrigin();
    for (let index = 0; index < 110; index++) expect(await guess('frequent', origin, PASSWORD)).toBe('ok');
  });
});

describe('guessing an account from everywhere', () => {
  it('is looked at a hundred times an hour, but never locks out who logged in from there before', async () => {
    await member(node, 'famous');
    const home = newOrigin();
    await logIn(node, 'famous', PASSWORD, home);
    let looked = 0;
    for (let index = 0; index < 12; index++) {
      const codes = await guesses(10, 'famous', newOrigin());
      looked += codes.filter((code) => code === 'wrong_credentials').length;
    }
    expect(looked).toBe(100);
    const stranger = newOrigin();
    expect(await guess('famous', stranger, PASSWORD)).toBe('too_many_requests');
    expect(await waitOf('famous', stranger)).toBeGreaterThan(60);
    // At home there are ten attempts as ever.
    expect(await guesses(3, 'famous', home)).toEqual(times(3, 'wrong_credentials'));
    expect(await guess('famous', home, PASSWORD)).toBe('ok');
    expect(await guesses(11, 'famous', home)).toEqual([...times(10, 'wrong_credentials'), 'too_many_requests']);
    pass(3601);
    expect(await guess('famous', stranger, PASSWORD)).toBe('ok');
  });

  it('never shows by the bound of the account that a name and an e-mail address belong together', async () => {
    await member(node, 'paired');
    const codesOf = async (name: string, address: string): Promise<string[]> => {
      const codes: string[] = [];
      const tenEach = async (rounds: number, login: string): Promise<void> => {
        for (let round = 0; round < rounds; round++) codes.push(...(await guesses(10, login, newOrigin())));
      };
      // Half an hour apart, so that the hours of the two logins and of the account begin at different times.
      await tenEach(11, name);
      pass(30 * 60);
      await tenEach(11, address);
      pass(31 * 60);
      await tenEach(11, name);
      pass(30 * 60);
      await tenEach(11, address);
      return codes;
    };
    const expected = Array.from({ length: 4 }, () => [
      ...times(100, 'wrong_credentials'),
      ...times(10, 'too_many_requests'),
    ]).flat();
    expect(await codesOf('paired', 'paired@example.com')).toEqual(expected);
    expect(await codesOf('nobody-here', 'nobody-there@example.com')).toEqual(expected);
  }, 120_000);

  it('is bounded for the account itself, under names that change', async () => {
    const { userId } = await member(node, 'renamed-0');
    const home = newOrigin();
    await logIn(node, 'renamed-0', PASSWORD, home);
    let looked = 0;
    for (let name = 0; name < 5; name++) {
      const username = `renamed-${name}`;
      await node.sql.affected('UPDATE users SET username = $2, username_fold = $2 WHERE id = $1', [userId, username]);
      for (let index = 0; index < 10; index++) {
        looked += (await guesses(10, username, newOrigin())).filter((code) => code === 'wrong_credentials').length;
      }
    }
    expect(looked).toBe(400);
    expect(await guess('renamed-4', home, PASSWORD)).toBe('ok');
  }, 120_000);

  it('does not know an address for ever', async () => {
    const { userId } = await member(node, 'moved');
    const home = newOrigin();
    await logIn(node, 'moved', PASSWORD, home);
    await node.sql.affected("UPDATE sessions SET created_at = now() - interval '31 days' WHERE user_id = $1", [userId]);
    for (let index = 0; index < 10; index++) await guesses(10, 'moved', newOrigin());
    expect(await guess('moved', home, PASSWORD)).toBe('too_many_requests');
  });
});

describe('guessing from one address', () => {
  it('is looked at three hundred times, whatever the account', async () => {
    const origin = newOrigin();
    const codes: string[] = [];
    for (let index = 0; index < 34; index++) codes.push(...(await guesses(9, `spray-${index}`, origin)));
    expect(codes.slice(0, 300)).toEqual(times(300, 'wrong_credentials'));
    expect(codes.slice(300)).toEqual(times(6, 'too_many_requests'));
    expect(await guess('spray-1', newOrigin())).toBe('wrong_credentials');
  });
});

describe('the throttle', () => {
  it('is in the figures', async () => {
    const { text } = await node.app.get(Metrics).exposition();
    for (const outcome of ['ok', 'failed', 'throttled']) {
      expect(Number(new RegExp(`^switchboard_logins_total{outcome="${outcome}"} (\\d+)$`, 'm').exec(text)?.[1])).toBeGreaterThan(
        0,
      );
    }
  });

  it('does not count an attempt for which there was no time', async () => {
    await member(node, 'unlucky');
    const busy = newOrigin();
    const codes = await Promise.all(
      Array.from({ length: 300 }, (_, index) =>
        guess(`crowd-${index}`, originFrom(`198.19.${index % 100}.${Math.floor(index / 100)}`)),
      ),
    );
    expect(codes).toContain('unavailable');
    // Those who were turned away have all of their attempts left.
    const turnedAway = codes.indexOf('unavailable');
    const origin = originFrom(`198.19.${turnedAway % 100}.${Math.floor(turnedAway / 100)}`);
    expect(await guesses(11, `crowd-${turnedAway}`, origin)).toEqual([...times(10, 'wrong_credentials'), 'too_many_requests']);
    expect(await guess('unlucky', busy, PASSWORD)).toBe('ok');
  });

  it('can be switched off', async () => {
    const free = await startAccounts({ LOGIN_THROTTLE: 'off' });
    try {
      await member(free, 'tested');
      for (let index = 0; index < 15; index++) {
        expect(await codeOf(free.accounts.verifyCredentials('tested', 'wrong password', originFrom('198.51.100.1')))).toBe(
          'wrong_credentials',
        );
      }
    } finally {
      await free.close();
    }
  });
});

describe.runIf(has.redis)('the throttle of several nodes', () => {
  it('counts together, and gives back together', async () => {
    vi.useRealTimers();
    const redis = await TestRedis.start();
    const first = await startAccounts({ REDIS_URL: redis.url });
    const second = await startNode(first.database, { REDIS_URL: redis.url, DATA_DIR: first.dataDir });
    try {
      await member(first, 'shared');
      const origin = originFrom('198.51.100.2');
      const attempt = (index: number, password: string): Promise<string> =>
        codeOf((index % 2 === 0 ? first : second).accounts.verifyCredentials('shared', password, origin));
      const codes: string[] = [];
      for (let index = 0; index < 25; index++) codes.push(await attempt(index, PASSWORD));
      expect(codes).toEqual(times(25, 'ok'));
      for (let index = 0; index < 9; index++) expect(await attempt(index, 'wrong password')).toBe('wrong_credentials');
      expect(await attempt(0, PASSWORD)).toBe('ok');
      const storm = await Promise.all(Array.from({ length: 60 }, (_, index) => attempt(index, 'wrong password')));
      expect(storm.filter((code) => code === 'wrong_credentials')).toHaveLength(10);
      expect(storm.filter((code) => code === 'too_many_requests')).toHaveLength(50);
    } finally {
      await second.stop();
      await first.close();
      await redis.stop();
    }
  });
});
