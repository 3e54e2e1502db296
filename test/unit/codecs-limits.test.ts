import { describe, expect, it } from 'vitest';
import { gameCodec } from '../../src/protocols/game/game.codec.js';
import { Connection } from '../../src/realtime/connection.js';
import { charge, countBadFrame, type FrameVerdict, takeFrame } from '../../src/realtime/frame-limits.js';
import type { Transport } from '../../src/realtime/transport.js';

const nowhere: Transport<string> = {
  prepare: (frame) => frame,
  send: () => {},
  pendingBytes: () => 0,
  ping: () => {},
  close: () => {},
};
const newConnection = (): Connection =>
  new Connection<string>(gameCodec, nowhere, { protocol: 'game', address: '192.0.2.1', userAgent: null });

/** Sends so many frames a second, evenly, between two times; @returns what became of each */
function sendEvenly(connection: Connection, perSecond: number, fromMs: number, toMs: number): FrameVerdict[] {
  const verdicts: FrameVerdict[] = [];
  for (let i = 0; fromMs + (i * 1000) / perSecond < toMs; i++)
    verdicts.push(takeFrame(connection, fromMs + (i * 1000) / perSecond));
  return verdicts;
}

describe('frames', () => {
  it('pass at 120 a second for ever', () => {
    expect(new Set(sendEvenly(newConnection(), 120, 1000, 601_000))).toEqual(new Set(['ok']));
  });

  it('pass 240 at once, and then as the allowance refills', () => {
    const connection = newConnection();
    const at = (now: number, count: number) => Array.from({ length: count }, () => takeFrame(connection, now));
    expect(at(1000, 241)).toEqual([...Array<FrameVerdict>(240).fill('ok'), 'over']);
    expect(at(1100, 13)).toEqual([...Array<FrameVerdict>(12).fill('ok'), 'over']);
    // Never more than the burst, however long the pause.
    expect(at(3_600_000, 241)).toEqual([...Array<FrameVerdict>(240).fill('ok'), 'over']);
  });

  it('that are over the limit for ten seconds on end are a flood, not before', () => {
    const connection = newConnection();
    const verdicts = sendEvenly(connection, 240, 1000, 14_000);
    const firstOver = verdicts.indexOf('over');
    const firstFlood = verdicts.indexOf('flood');
    expect(((firstFlood - firstOver) * 1000) / 240).toBeGreaterThanOrEqual(10_000);
    expect(((firstFlood - firstOver) * 1000) / 240).toBeLessThan(10_050);
  });

  it('that are over the limit now and then are no flood', () => {
    const connection = newConnection();
    const verdicts: FrameVerdict[] = [];
    for (let burst = 0; burst < 20; burst++) {
      for (let i = 0; i < 500; i++) verdicts.push(takeFrame(connection, 1000 + burst * 3000));
    }
    expect(verdicts).toContain('over');
    expect(verdicts).not.toContain('flood');
  });
});

describe('what a command weighs beyond its frame', () => {
  it('is taken from the allowance of frames, or not at all where too little is left', () => {
    const connection = newConnection();
    expect(charge(connection, 200, 1000)).toBe(0);
    expect(charge(connection, 100, 1000)).toBeCloseTo(500);
    expect(charge(connection, 40, 1000)).toBe(0);
    expect(takeFrame(connection, 1000)).toBe('over');
    expect(charge(connection, 100, 1500)).toBeCloseTo((40 * 1000) / 120);
    expect(charge(connection, 60, 1500)).toBe(0);
  });

  it('is the whole of it at most, and no pause saves more up', () => {
    const connection = newConnection();
    expect(charge(connection, 10_000, 1000)).toBe(0);
    expect(takeFrame(connection, 1000)).toBe('over');
    expect(charge(connection, 240, 3_600_000)).toBe(0);
    expect(charge(connection, 1, 3_600_000)).toBeCloseTo(1000 / 120);
  });

  it('counts towards no flood by itself', () => {
    const connection = newConnection();
    const verdicts = Array.from({ length: 1_000 }, (_unused, i) => {
      charge(connection, 240, 1000 + i * 50);
      return takeFrame(connection, 1000 + i * 50);
    });
    expect(verdicts).not.toContain('flood');
  });
});

describe('bad frames', () => {
  const times = (...seconds: number[]): boolean[] => {
    const connection = newConnection();
    return seconds.map((second) => countBadFrame(connection, 1_000_000 + second * 1000));
  };

  it('are nine too few and ten too many', () => {
    expect(times(0, 1, 2, 3, 4, 5, 6, 7, 8, 9)).toEqual([...Array<boolean>(9).fill(false), true]);
    expect(times(...Array<number>(10).fill(0)).at(-1)).toBe(true);
  });

  it('are counted over any minute, not by the clock', () => {
    expect(times(0, 52, 53, 54, 55, 56, 57, 58, 59, 61)).toEqual(Array<boolean>(10).fill(false));
    expect(times(0, 52, 53, 54, 55, 56, 57, 58, 59, 61, 62).at(-1)).toBe(true);
  });

  it('of one in seven seconds are none too many', () => {
    expect(times(...Array.from({ length: 100 }, (_, i) => i * 7))).not.toContain(true);
  });
});
