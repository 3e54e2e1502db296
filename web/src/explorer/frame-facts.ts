import type { Protocol } from './protocols.js';

/** What one can see of a frame without reading all of it. */
export interface FrameFacts {
  /** What it is, in a word of the protocol: `command`, `response`, `newMessage`, `event`, `POST`. */
  readonly kind: string;
  /** The most telling of it: `system.ping`, `chat.message`. */
  readonly about: string;
  /** What it carries, in JSON, as far as a line shows it; the frame itself where that is left out. */
  readonly carries?: string;
  /** Of an answer: whether it says that it worked. */
  readonly isOk?: boolean;
  /** Of a request: what its answer will be known by. */
  readonly expects?: string;
  /** Of an answer: what requests it may answer, the likeliest first. */
  readonly answers?: readonly string[];
  /** Comes by itself, and says only that the connection lives. */
  readonly isHeartbeat?: boolean;
  /** Of the last frame of a connection: why it ends. */
  readonly notice?: Notice;
}

export interface Notice {
  readonly code: number;
  readonly reason: string;
  readonly reconnect: boolean;
  readonly retryAfterMs: number | null;
}

type Fields = Readonly<Record<string, unknown>>;

const word = (value: unknown, other = ''): string => (typeof value === 'string' ? value : other);
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of a payload; what is masked in it has to be whole. */
const MAX_CARRIED = 2_000;

const carried = (value: unknown): Pick<FrameFacts, 'carries'> => ({
  carries: value === undefined ? '' : JSON.stringify(value).slice(0, MAX_CARRIED),
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a text frame of a protocol is. */
export function factsOf(protocol: Protocol, direction: 'out' | 'in', text: string): FrameFacts {
  const value = parsed(text);
  if (!isObject(value)) return { kind: 'text', about: '' };
  const known = protocol === 'messenger' ? messengerFacts(direction, value) : commandFacts(direction, value);
  return known ?? { kind: word(value.type, 'frame'), about: '' };
}

const requestKey = (value: Fields): string | undefined =>
  typeof value.request_id === 'string' || typeof value.request_id === 'number' ? `id:${value.request_id}` : undefined;

/** The frames of `game` and `rest`, which Socket.IO has as arguments of its events. */
function commandFacts(direction: 'out' | 'in', value: Fields): FrameFacts | undefined {
  if (direction === 'out') return outgoing(value);
  switch (value.type) {
    case 'response': {
      const key = requestKey(value);
      return {
        kind: 'response',
        about: faultText(value),
        isOk: value.success === true,
        ...carried(value.data),
        ...(key ? { answers: [key] } : {}),
      };
    }
    case 'event':
      return { kind: 'event', about: `${word(value.domain)}.${word(value.event)}`, ...carried(value.data) };
    case 'error':
      return errorFacts(value);
    case 'disconnect': {
      const notice = isObject(value.data) ? value.data : value;
      return {
        kind: 'disconnect',
        about: `${String(notice.code)} ${word(notice.reason)}`,
        isOk: false,
        notice: noticeOf(notice),
      };
    }
    case 'hello':
      return { kind: 'hello', about: word(value.connection_id) || word(value.client_id), answers: ['type:hello'] };
    case 'echo':
      return { kind: 'echo', about: word(value.message), isOk: true, answers: ['type:chat'] };
    case 'chat.sent':
      return { kind: 'chat.sent', about: '', isOk: true, answers: ['type:chat'] };
    default:
      return undefined;
  }
}

function outgoing(value: Fields): FrameFacts {
  const kind = word(value.type, 'frame');
  if (kind === 'command') {
    const key = requestKey(value);
    return {
      kind,
      about: `${word(value.domain)}.${word(value.command)}`,
      ...carried(value.payload),
      ...(key ? { expects: key } : {}),
    };
  }
  return kind === 'chat' || kind === 'hello'
    ? { kind, about: word(value.message), expects: `type:${kind}` }
    : { kind, about: '' };
}

function errorFacts(value: Fields): FrameFacts {
  const fault = isObject(value.data) ? value.data : value;
  const key = requestKey(value) ?? requestKey(fault);
  return {
    kind: 'error',
    about: [word(fault.code), word(fault.detail)].filter(Boolean).join(': '),
    isOk: false,
    answers: key ? [key] : ['type:chat', 'type:hello'],
  };
}

const faultText = (value: Fields): string =>
  value.success === true ? '' : [word(value.code), word(value.detail)].filter(Boolean).join(': ');

function noticeOf(notice: Fields): Notice {
  return {
    code: typeof notice.code === 'number' ? notice.code : 1006,
    reason: word(notice.reason),
    reconnect: notice.reconnect === true,
    retryAfterMs: typeof notice.retry_after_ms === 'number' ? notice.retry_after_ms : null,
  };
}

function messengerFacts(direction: 'out' | 'in', value: Fields): FrameFacts {
  const mode = word(value.mode, 'frame');
  const byId = requestKey(value);
  if (direction === 'out') return { kind: mode, about: '', expects: byId ?? `mode:${mode}` };
  if (mode === 'disconnect') {
    return { kind: mode, about: `${String(value.code)} ${word(value.reason)}`, isOk: false, notice: noticeOf(value) };
  }
  const status = typeof value.status === 'number' ? value.status : 0;
  const about = [status || '', word(value.error)].filter(Boolean).join(' ');
  if (mode === 'newMessage') return { kind: mode, about: '' };
  return { kind: mode, about, isOk: status >= 200 && status < 300, answers: byId ? [byId] : [`mode:${mode}`] };
}

/** A packet of Socket.IO in Engine.IO: `42["event",{…}]`. The numbers are those of its two protocols. */
const PACKET = /^4(\d)(?:\/[^,]*,)?(\d*)([\s\S]*)$/;

/** Packets of Engine.IO that say nothing of Socket.IO, by their first digit. */
const ENGINE: Readonly<Record<string, FrameFacts>> = {
  0: { kind: 'open', about: 'Engine.IO' },
  1: { kind: 'close', about: 'Engine.IO' },
  2: { kind: 'ping', about: 'Engine.IO', isHeartbeat: true },
  3: { kind: 'pong', about: 'Engine.IO', isHeartbeat: true },
};

/** What a packet of Engine.IO is, as it goes over the wire. */
export function packetFacts(direction: 'out' | 'in', text: string): FrameFacts {
  const [, type = '', ack = '', body = ''] = PACKET.exec(text) ?? [];
  switch (type) {
    case '0':
      return { kind: 'connect', about: '' };
    case '1':
      return { kind: 'disconnect', about: '' };
    case '2':
      return eventFacts(direction, ack, parsed(body));
    case '3':
      return ackFacts(ack, parsed(body));
    case '4':
      return { kind: 'connect_error', about: word((parsed(body) as Fields | undefined)?.message), isOk: false };
    default:
      return ENGINE[text.charAt(0)] ?? { kind: 'packet', about: '' };
  }
}

function eventFacts(direction: 'out' | 'in', ack: string, body: unknown): FrameFacts {
  const [event, argument] = Array.isArray(body) ? (body as unknown[]) : [];
  const kind = word(event, 'event');
  const fields = isObject(argument) ? argument : {};
  if (direction === 'out') {
    const about = kind === 'command' ? `${word(fields.domain)}.${word(fields.command)}` : word(fields.message);
    const key = ack === '' ? requestKey(fields) : `ack:${ack}`;
    return { kind, about, ...carried(kind === 'command' ? fields.payload : argument), ...(key ? { expects: key } : {}) };
  }
  if (kind === 'disconnect_notice') {
    return { kind, about: `${String(fields.code)} ${word(fields.reason)}`, isOk: false, notice: noticeOf(fields) };
  }
  const known = ['response', 'error', 'hello'].includes(kind) ? commandFacts('in', { type: kind, ...fields }) : undefined;
  return known ? { ...known, kind } : { kind, about: word(fields.type), ...carried(argument) };
}

function ackFacts(ack: string, body: unknown): FrameFacts {
  const [answer] = Array.isArray(body) ? (body as unknown[]) : [];
  const fields = isObject(answer) ? answer : {};
  const isOk = fields.success !== false;
  return {
    kind: 'ack',
    about: isOk ? '' : faultText(fields),
    isOk,
    ...carried(isOk ? (fields.data ?? answer) : undefined),
    answers: [`ack:${ack}`],
  };
}

/** What of a frame is JSON, for printing it over several lines: all of it, or what follows a packet's numbers or a request's first line. */
function jsonPartOf(text: string): { readonly before: string; readonly json: unknown } | undefined {
  const start = text.search(/[[{]/);
  if (start < 0) return undefined;
  const json = parsed(text.slice(start));
  return json === undefined ? undefined : { before: text.slice(0, start), json };
}

/** A frame over several lines, where it is JSON. */
export function prettyText(text: string): string {
  const part = jsonPartOf(text);
  return part ? `${part.before}${JSON.stringify(part.json, null, 2)}` : text;
}
