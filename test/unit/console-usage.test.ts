import type { TFunction } from 'i18next';
import { describe, expect, it } from 'vitest';
import { ApiError, CommandError } from '../../clients/typescript/src/index.js';
import { amountText, isQuotaKind, levelOf, percentOf, type QuotaUse } from '../../web/src/account/usage.js';
import { endOf, isSaid } from '../../web/src/admin/suspension-end.js';
import { answered, faultText } from '../../web/src/shared/faults.js';
import { untilText } from '../../web/src/shared/time-text.js';

const use = (used: number, limit: number | null): QuotaUse => ({ kind: 'messages', used, limit, resets_at: null });

describe('how far a quota is used', () => {
  it('is full only when nothing is left, and never full without a limit', () => {
    expect([0, 1, 499, 999, 1_000, 1_200].map((used) => percentOf(use(used, 1_000)))).toEqual([0, 1, 50, 99, 100, 100]);
    expect(percentOf(use(5_000, null))).toBe(0);
    expect(percentOf(use(0, 0))).toBe(100);
  });

  it('is a warning before it is too late', () => {
    expect([10, 79, 80, 99, 100].map((used) => levelOf(use(used, 100)))).toEqual(['usual', 'usual', 'nearly', 'nearly', 'full']);
  });

  it('counts bytes as the settings do, and all else as numbers', () => {
    expect([0, 999, 1_500, 200_000_000, 1_250_000_000].map((bytes) => amountText('bytes', bytes, 'en'))).toEqual([
      '0 bytes',
      '999 bytes',
      '1.5 kB',
      '200 MB',
      '1.3 GB',
    ]);
    expect([amountText('messages', 50_000, 'en'), amountText('bytes', 200_000_000, 'ru')]).toEqual(['50,000', '200 МБ']);
  });

  it('is told of kinds that a later server may have, too', () => {
    expect(['messages', 'matches', 'cakes', 'constructor'].map(isQuotaKind)).toEqual([true, true, false, false]);
  });
});

describe('how long until something happens', () => {
  it('is rounded up in the largest unit that fits', () => {
    const now = Date.UTC(2026, 0, 1);
    const texts = [-5, 1, 59, 61, 3_599, 3_601, 90_000].map((seconds) => untilText(new Date(now + seconds * 1_000), now, 'en'));
    expect(texts).toEqual([
      'in 1 second',
      'in 1 second',
      'in 59 seconds',
      'in 2 minutes',
      'in 60 minutes',
      'in 2 hours',
      'in 2 days',
    ]);
  });
});

describe('what a refusal for too much says', () => {
  const t = ((key: string, values?: { readonly count?: number }) =>
    values?.count === undefined ? key : `${key} ${values.count}`) as unknown as TFunction;
  const overHttp = (seconds?: number): ApiError =>
    new ApiError(429, 'Too many requests', seconds === undefined ? {} : { retryAfter: String(seconds) });
  const overSocket = (seconds: number): CommandError =>
    new CommandError({ code: 'too_many_requests', detail: 'Quota exceeded', retry_after: seconds });

  it('names the minutes or hours until one can go on, where it is more than a moment', () => {
    for (const make of [overHttp, overSocket]) {
      expect([1, 90, 91, 3_540, 3_541, 86_400].map((seconds) => faultText(make(seconds), t))).toEqual([
        'faults.tooMany',
        'faults.tooMany',
        'faults.limitMinutes 2',
        'faults.limitMinutes 59',
        'faults.limitHours 1',
        'faults.limitHours 24',
      ]);
    }
    expect(faultText(overHttp(), t)).toBe('faults.tooMany');
  });

  it('takes the time from the header of the answer', async () => {
    const response = new Response(null, { status: 429, headers: { 'retry-after': '7200' } });
    await expect(answered(Promise.resolve({ error: { detail: 'no' }, response }))).rejects.toMatchObject({ retryAfter: 7_200 });
    const dated = new Response(null, { status: 429, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:00 GMT' } });
    await expect(answered(Promise.resolve({ error: {}, response: dated }))).rejects.toMatchObject({
      status: 429,
      retryAfter: undefined,
    });
  });
});

describe('the end of a suspension', () => {
  const now = Date.UTC(2026, 0, 1);

  it('is a span from now on, or a time of one’s own', () => {
    expect(endOf({ span: 'week', localTime: '' }, now)).toBe('2026-01-08T00:00:00.000Z');
    expect(endOf({ span: 'year', localTime: 'ignored' }, now)).toBe('2027-01-01T00:00:00.000Z');
    expect(endOf({ span: 'other', localTime: '2026-03-04T05:06' }, now)).toMatch(/^2026-03-0[345]T\d\d:\d6:00Z$/);
  });

  it('is not said while the field is empty', () => {
    expect([isSaid({ span: 'other', localTime: '' }), endOf({ span: 'other', localTime: 'x' }, now)]).toEqual([false, null]);
    expect([isSaid({ span: 'day', localTime: '' }), isSaid({ span: 'other', localTime: '2026-03-04T05:06' })]).toEqual([
      true,
      true,
    ]);
  });
});
