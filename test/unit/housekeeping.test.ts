import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Housekeeping } from '../../src/auth/housekeeping.js';
import type { SigningKeys } from '../../src/auth/signing-keys.js';
import type { Sql } from '../../src/database/sql.js';

const MINUTE_MS = 60_000;

describe('housekeeping', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const started = () => {
    const housekeeping = new Housekeeping({} as Sql, {} as SigningKeys);
    const purge = vi.spyOn(housekeeping, 'purge').mockResolvedValue(0);
    housekeeping.onApplicationBootstrap();
    return { housekeeping, purge };
  };

  it('begins a few minutes after the start, and goes on once an hour', async () => {
    const { housekeeping, purge } = started();
    await vi.advanceTimersByTimeAsync(MINUTE_MS - 1);
    expect(purge).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(4 * MINUTE_MS + 1);
    expect(purge).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(55 * MINUTE_MS);
    expect(purge).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(60 * MINUTE_MS);
    expect(purge).toHaveBeenCalledTimes(3);
    await housekeeping.beforeApplicationShutdown();
  });

  it('does not begin after the shutdown has', async () => {
    const { housekeeping, purge } = started();
    await housekeeping.beforeApplicationShutdown();
    await vi.advanceTimersByTimeAsync(120 * MINUTE_MS);
    expect(purge).not.toHaveBeenCalled();
  });
});
