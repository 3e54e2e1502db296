/** Why the server ends a connection: a close code (RFC 6455 §7.4.2: 4000-4999 are the application's) with what a client should do. */
export interface CloseReason {
  readonly code: number;
  readonly reason: string;
  /** Whether reconnecting with the same credentials can help. */
  readonly reconnect: boolean;
  /** Milliseconds between which a client should wait, chosen at random for each, so that they do not come back in one wave. */
  readonly retryBetween?: readonly [number, number];
}

const again = (code: number, reason: string, retryBetween: readonly [number, number]): CloseReason => ({
  code,
  reason,
  reconnect: true,
  retryBetween,
});
const final = (code: number, reason: string): CloseReason => ({ code, reason, reconnect: false });

export const CLOSE = {
  goingAway: again(1001, 'Server is going away', [500, 5_000]),
  protocolError: final(1002, 'WebSocket protocol error'),
  invalidText: final(1007, 'Invalid UTF-8'),
  tooManyPieces: final(1008, 'Too many fragments'),
  tooLarge: final(1009, 'Frame is larger than 262144 bytes'),
  tryAgainLater: again(1013, 'Try again later', [1_000, 10_000]),
  badFrames: final(4400, 'Too many bad frames'),
  sessionOver: final(4401, 'Session is over'),
  // The session goes on, so it is not 4401; but whoever was sent away should not be back at once, as after 4408 or 1013.
  closed: final(4403, 'Closed on request'),
  silent: again(4408, 'No sign of life', [200, 2_000]),
  slow: again(4413, 'Reading too slowly', [1_000, 5_000]),
  flood: again(4429, 'Too many frames', [5_000, 15_000]),
} as const satisfies Record<string, CloseReason>;

const FAULTS: Readonly<Record<number, CloseReason>> = {
  1002: CLOSE.protocolError,
  1007: CLOSE.invalidText,
  1008: CLOSE.tooManyPieces,
  1009: CLOSE.tooLarge,
};

/** The fault behind a code with which a WebSocket library closes by itself; undefined for codes that are no fault. */
export const faultOf = (code: number): CloseReason | undefined => FAULTS[code];

/** What the last frame of a connection says. */
export interface DisconnectNotice {
  readonly code: number;
  readonly reason: string;
  readonly reconnect: boolean;
  readonly retry_after_ms?: number;
}

export function noticeOf(close: CloseReason): DisconnectNotice {
  const { code, reason, reconnect, retryBetween } = close;
  if (!retryBetween) return { code, reason, reconnect };
  const [least, most] = retryBetween;
  return { code, reason, reconnect, retry_after_ms: Math.round(least + Math.random() * (most - least)) };
}
