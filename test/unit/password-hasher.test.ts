import { availableParallelism } from 'node:os';
import { hash } from '@node-rs/argon2';
import { describe, expect, it } from 'vitest';
import { PasswordBlocklist } from '../../src/auth/password-blocklist.js';
import { PasswordHasher } from '../../src/auth/password-hasher.js';
import { Semaphore } from '../../src/auth/semaphore.js';
import { Settings } from '../../src/config/settings.js';
import { CoreError } from '../../src/errors/catalogue.js';
import { Metrics } from '../../src/ops/metrics.js';

const newHasher = (): PasswordHasher => new PasswordHasher(new Metrics());

describe('password hashes', () => {
  it('are Argon2id at the OWASP parameters, each with a salt of its own', async () => {
    const hasher = newHasher();
    const [one, two] = await Promise.all([hasher.hash('same password'), hasher.hash('same password')]);
    const parameters = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$[\w+/]{22}\$[\w+/]{43}$/.exec(one);
    expect(Number(parameters?.[1])).toBeGreaterThanOrEqual(19_456);
    expect(Number(parameters?.[2])).toBeGreaterThanOrEqual(2);
    expect(one).not.toBe(two);
    expect(hasher.needsRehash(one)).toBe(false);
  });

  it('fit exactly the password they were made of', async () => {
    const hasher = newHasher();
    const stored = await hasher.hash('Pass phrase é 🔑');
    expect(await hasher.verify(stored, 'Pass phrase é 🔑')).toBe(true);
    for (const wrong of ['pass phrase é 🔑', 'Pass phrase é 🔑 ', ' Pass phrase é 🔑', 'Pass phrase é', 'Pass phrase e 🔑', '']) {
      expect(await hasher.verify(stored, wrong)).toBe(false);
    }
  });

  it('do not cut long passwords', async () => {
    const hasher = newHasher();
    const stored = await hasher.hash('🔑'.repeat(128));
    expect(await hasher.verify(stored, '🔑'.repeat(128))).toBe(true);
    expect(await hasher.verify(stored, '🔑'.repeat(127))).toBe(false);
  });

  it('fit whichever way a keyboard composed the characters', async () => {
    const hasher = newHasher();
    const stored = await hasher.hash('cafe\u0301 Cre\u0300me');
    expect(await hasher.verify(stored, 'caf\u00e9 Cr\u00e8me')).toBe(true);
  });

  it('fit nothing where there is no account, after the same work', async () => {
    const hasher = newHasher();
    await hasher.onModuleInit();
    const stored = await hasher.hash('some password');
    const timeOf = async (against: string | null): Promise<number> => {
      const started = performance.now();
      expect(await hasher.verify(against, 'wrong password')).toBe(false);
      return performance.now() - started;
    };
    const known: number[] = [];
    const unknown: number[] = [];
    for (let round = 0; round < 15; round++) {
      known.push(await timeOf(stored));
      unknown.push(await timeOf(null));
    }
    const median = (times: number[]): number => times.sort((a, b) => a - b)[7] ?? Number.NaN;
    const ratio = median(unknown) / median(known);
    expect(ratio).toBeGreaterThan(0.6);
    expect(ratio).toBeLessThan(1.7);
  });

  it('are made anew where they were made with less', async () => {
    const hasher = newHasher();
    const weak = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
    expect(hasher.needsRehash(await hash('password', weak))).toBe(false);
    expect(hasher.needsRehash(await hash('password', { ...weak, memoryCost: 8192 }))).toBe(true);
    expect(hasher.needsRehash(await hash('password', { ...weak, timeCost: 1 }))).toBe(true);
    expect(hasher.needsRehash(await hash('password', { ...weak, algorithm: 1 }))).toBe(true);
    expect(hasher.needsRehash(await hash('password', { ...weak, version: 0 }))).toBe(true);
    expect(hasher.needsRehash(await hash('password', { ...weak, memoryCost: 20_000, timeCost: 3 }))).toBe(false);
    expect(await hasher.verify(await hash('password', { ...weak, memoryCost: 8192 }), 'password')).toBe(true);
  });

  it('wait in a bounded queue, which can be watched', async () => {
    const metrics = new Metrics();
    const hasher = new PasswordHasher(metrics);
    const room = 51 * availableParallelism();
    const results = Promise.allSettled(
      Array.from({ length: room + 30 }, () =>
        hasher.verify('$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$AAAAAAAAAAAAAAAAAAAAAA', 'x'),
      ),
    );
    expect((await metrics.exposition()).text).toMatch(
      new RegExp(`^switchboard_password_hashes_waiting ${50 * availableParallelism()}$`, 'm'),
    );
    const settled = await results;
    const refused = settled.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    expect(refused).toHaveLength(30);
    for (const error of refused) expect(error).toMatchObject({ code: 'unavailable' });
    await hasher.hash('afterwards it works again');
  });
});

describe('a semaphore', () => {
  it('runs as many as it is wide, in order, and survives what fails', async () => {
    const semaphore = new Semaphore(2, 100);
    let running = 0;
    let most = 0;
    const begun: number[] = [];
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, (_, index) =>
        semaphore.run(async () => {
          begun.push(index);
          most = Math.max(most, ++running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          if (index % 3 === 0) throw new Error('no');
          return index;
        }),
      ),
    );
    expect(most).toBe(2);
    expect(begun).toEqual(Array.from({ length: 20 }, (_, index) => index));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(13);
    await semaphore.idle();
    expect(semaphore.queued).toBe(0);
  });

  it('refuses at once what finds no room', async () => {
    const semaphore = new Semaphore(1, 1);
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const first = semaphore.run(() => gate);
    const second = semaphore.run(() => Promise.resolve('second'));
    await expect(semaphore.run(() => Promise.resolve('third'))).rejects.toThrow(CoreError);
    open();
    await first;
    expect(await second).toBe('second');
  });
});

describe('the blocklist', () => {
  const owner = { username: 'Wanderer_77', email: 'j.doe.smith@example.com' };
  const blocklist = async (PASSWORD_BLOCKLIST: 'on' | 'off'): Promise<PasswordBlocklist> => {
    const list = new PasswordBlocklist(Settings.from({ PASSWORD_BLOCKLIST }));
    await list.onModuleInit();
    return list;
  };
  const reason = (list: PasswordBlocklist, password: string): string | undefined => {
    try {
      list.check(password, owner);
      return undefined;
    } catch (error) {
      if (!(error instanceof CoreError) || error.code !== 'invalid_input') throw error;
      expect(error.issues[0]?.loc).toEqual(['body', 'password']);
      return error.issues[0]?.type;
    }
  };

  it('refuses common passwords with the reason, in whatever case', async () => {
    const list = await blocklist('on');
    for (const common of ['password', '12345678', 'qwertyuiop', 'PassWord1', 'iloveyou', 'trustno1', 'princess1', 'football1']) {
      expect(reason(list, common)).toBe('value_error.password.common');
    }
  });

  it('knows the most common three thousand at least', async () => {
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    const list = await blocklist('on');
    const common = dictionary['passwords-common'].filter((password) => password.length >= 8).slice(0, 3000);
    expect(common).toHaveLength(3000);
    for (const password of common) expect(reason(list, password)).toBe('value_error.password.common');
  });

  it('refuses what is known of the owner', async () => {
    const list = await blocklist('on');
    for (const own of [
      'wanderer_77',
      'WANDERER_77',
      'Wanderer2024!',
      'j.doe.smith@example.com',
      'J.Doe.Smith',
      '1j.doe.smith1',
    ]) {
      expect(reason(list, own)).toBe('value_error.password.own_name');
    }
  });

  it('takes everything else, and everything where it is off', async () => {
    const list = await blocklist('on');
    for (const good of ['correct horse battery staple', 'wanderer in the fog', 'xK4#vq92!', '日本語のパスワード'])
      expect(reason(list, good)).toBeUndefined();
    const off = await blocklist('off');
    for (const any of ['password', 'wanderer_77']) expect(reason(off, any)).toBeUndefined();
  });
});
