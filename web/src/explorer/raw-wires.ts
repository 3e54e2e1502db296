import { readHttp } from './http-exchange.js';
import type { Protocol } from './protocols.js';
import type { Json, Wire } from './wire.js';

const OWN = { notes: [], requestId: null } as const;

/**
 * What somebody wrote by hand, as a wire of a protocol: a frame goes as it was written.
 * @returns undefined where the protocol could not send it
 */
export function rawWire(protocol: Protocol, text: string): Wire | undefined {
  switch (protocol) {
    case 'mcp': {
      const request = readHttp(text);
      return request && { kind: 'http', ...request, ...OWN };
    }
    case 'socketio':
      return eventWire(text);
    default:
      return { kind: 'frame', text, frame: null, ...OWN };
  }
}

function eventWire(text: string): Wire | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const [event, argument = null] = Array.isArray(value) ? (value as [unknown, Json | undefined]) : [];
    return typeof event === 'string' ? { kind: 'event', event, argument, ...OWN } : undefined;
  } catch {
    return undefined;
  }
}
