import { expect } from 'vitest';
import type { Parsed } from '../support/http-client.js';
import type { Ending, Notice, SocketKind } from './drivers/driver.js';

/** Worth reconnecting, by §12. */
const RECONNECT = new Set([1001, 1013, 4408, 4413, 4429]);

const socketIo = (notice: Notice): object => ({ type: 'disconnect', v: 1, ...notice });

/** The last frame of each kind of socket, around what it says. */
const STYLE: Readonly<Record<SocketKind, (notice: Notice) => object>> = {
  game: (notice) => ({ type: 'disconnect', v: 1, ...notice }),
  rest: (notice) => ({
    type: 'disconnect',
    data: notice,
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
  }),
  messenger: (notice) => ({ mode: 'disconnect', timestamp: expect.any(Number), status: expect.any(Number), ...notice }),
  'socketio over websocket': socketIo,
  'socketio over polling': socketIo,
};

/** That a connection ended with this code, after a last frame in its protocol's style that says why (§12). */
export function expectNotice(kind: SocketKind, { code, frame, notice }: Ending, expected: number): void {
  const reconnect = RECONNECT.has(expected);
  const said = { code: expected, reason: expect.stringMatching(/\w/), reconnect };
  expect({ closed: code, notice }).toEqual({
    closed: expected,
    notice: reconnect ? { ...said, retry_after_ms: expect.any(Number) } : said,
  });
  expect(frame).toEqual(STYLE[kind](notice));
}

/** Whether an answer says that it was one frame too many. */
export function isOverLimit(kind: SocketKind, answer: Parsed): boolean {
  switch (kind) {
    case 'game':
      return answer.code === 'too_many_requests';
    case 'rest':
      return answer.data?.code === 'too_many_requests';
    case 'messenger':
      return answer.status === 429;
    default:
      return answer.code === 'too_many_requests';
  }
}
