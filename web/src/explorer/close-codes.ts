/** What the server closes with, and whether it helps to connect again with the same token and the same behaviour. */
export const CLOSE_CODES = {
  1001: { reason: 'Server is going away', reconnect: true },
  1002: { reason: 'WebSocket protocol error', reconnect: false },
  1007: { reason: 'Invalid UTF-8', reconnect: false },
  1008: { reason: 'Too many fragments', reconnect: false },
  1009: { reason: 'Frame is larger than 262144 bytes', reconnect: false },
  1013: { reason: 'Try again later', reconnect: true },
  4400: { reason: 'Too many bad frames', reconnect: false },
  4401: { reason: 'Session is over', reconnect: false },
  4403: { reason: 'Closed on request', reconnect: false },
  4408: { reason: 'No sign of life', reconnect: true },
  4413: { reason: 'Reading too slowly', reconnect: true },
  4429: { reason: 'Too many frames', reconnect: true },
} as const;

/** Codes that come from this side or from between: nobody sends them as such. */
const LOCAL_CODES = [1000, 1005, 1006] as const;

export type KnownCode = keyof typeof CLOSE_CODES | (typeof LOCAL_CODES)[number];

/** Whether there are words for a close code. */
export const isKnownCode = (code: number): code is KnownCode =>
  Object.hasOwn(CLOSE_CODES, code) || (LOCAL_CODES as readonly number[]).includes(code);

/** Whether the same can be tried again; null where nobody knows. */
export function mayReconnect(code: number): boolean | null {
  const known = Object.entries(CLOSE_CODES).find(([at]) => Number(at) === code)?.[1];
  return known ? known.reconnect : null;
}
