import { Injectable } from '@nestjs/common';
import type { ErrorCode } from '../errors/catalogue.js';
import type { CloseReason } from '../realtime/close-reasons.js';
import type { Codec, Peer } from '../realtime/codec.js';
import type { SocketEndpoint } from '../realtime/endpoints.js';
import type { EventDocs } from '../realtime/events.js';
import type { JsonSchema } from '../validation/fields.js';
import type { RegisteredCommand } from './registry.js';

/** A command, with everything that documents say of it; internal ones, which only codecs ask for, included. */
export interface CommandDocs extends Pick<RegisteredCommand, 'domain' | 'name' | 'fullName' | 'summary' | 'access'> {
  readonly isInternal: boolean;
  readonly payload: JsonSchema;
  /** Whether there is a payload that the command can do without. */
  readonly isPayloadOptional: boolean;
  readonly answer: JsonSchema;
  readonly example: { readonly payload: Readonly<Record<string, unknown>>; readonly answer: unknown };
  /** What it weighs, where that is more than its frame. */
  readonly weight?: string;
  /** What it may be refused with. */
  readonly errors: readonly ErrorCode[];
}

export interface FrameExample {
  readonly name: string;
  readonly summary: string;
  /** As it goes over the wire, parsed; of Socket.IO, the event's argument. */
  readonly frame: unknown;
}

/** A frame, in either direction. */
export interface FrameDocs {
  /** Unique in its protocol; made of letters, digits, dots, hyphens and underscores. */
  readonly name: string;
  readonly summary: string;
  /** CommonMark. */
  readonly description?: string;
  /** Of Socket.IO: the event whose first argument the frame is. */
  readonly event?: string;
  readonly schema: JsonSchema;
  readonly examples: readonly FrameExample[];
}

/** What a client may ask, and what it is answered. */
export interface RequestDocs {
  readonly name: string;
  readonly summary: string;
  readonly access: RegisteredCommand['access'];
  readonly request: FrameDocs;
  readonly answer: FrameDocs;
  /** What it is answered instead where it is refused, with any of `errors`. */
  readonly fault: FrameDocs;
  readonly errors: readonly ErrorCode[];
  /** What it weighs, where that is more than its frame. */
  readonly weight?: string;
}

/** What the server says without being asked. */
export interface ToldDocs {
  readonly frame: FrameDocs;
  readonly kind: 'connection' | 'event' | 'fault';
}

/** What a protocol has to be described with. */
export interface DocumentedCore {
  readonly commands: readonly CommandDocs[];
  readonly events: readonly EventDocs[];
}

/** One protocol's sockets as documents describe them. It lives beside the codec, whose frames it tells of. */
export interface ProtocolDocs {
  readonly protocol: string;
  /** What it is like, in CommonMark. */
  readonly description: string;
  /** Where it connects, for what is no {@link SocketEndpoint}. */
  readonly place?: Pick<SocketEndpoint, 'paths' | 'token'>;
  /** What the parameters of its paths are. */
  readonly parameters?: Readonly<Record<string, string>>;
  /** Where a token may be: header, query of the address, `auth` of Socket.IO, or a field of requests. */
  readonly credentials: readonly ('header' | 'query' | 'auth' | 'field')[];
  /** Errors with which a connection may be refused before it is one. */
  readonly refusals: readonly ErrorCode[];
  readonly closes: readonly CloseReason[];
  requests(core: DocumentedCore): readonly RequestDocs[];
  told(core: DocumentedCore): readonly ToldDocs[];
}

/** The descriptions of the protocols that are served, which register themselves here. */
@Injectable()
export class ProtocolDocsRegistry {
  private readonly list: ProtocolDocs[] = [];

  register(docs: ProtocolDocs): void {
    this.list.push(docs);
  }

  all(): readonly ProtocolDocs[] {
    return this.list;
  }
}

/** The connection for which codecs write examples. */
export const EXAMPLE_PEER: Peer = { id: 'd1OiUS4ALmCtU8hXiKlm7A', clientId: 'my-client', userId: 1 };

/** A text frame of a codec, parsed; its time is always the same, so that a document is, too. */
export function parsed(text: string): object {
  const frame = JSON.parse(text) as Readonly<Record<string, unknown>>;
  if (!('timestamp' in frame)) return frame;
  return { ...frame, timestamp: typeof frame.timestamp === 'number' ? 1735689600.123 : '2025-01-01T00:00:00Z' };
}

/** The last frame of a connection, once for each reason. */
function closeExamples(closes: readonly CloseReason[], frameOf: (...notice: Parameters<Codec['disconnect']>) => unknown) {
  return closes.map(({ code, reason, reconnect, retryBetween }): FrameExample => {
    const wait = retryBetween ? { retry_after_ms: retryBetween[0] } : {};
    return { name: `close-${code}`, summary: reason, frame: frameOf({ code, reason, reconnect, ...wait }) };
  });
}

/** What a notice of the end holds, whatever frame it is in. */
const noticeProperties = (closes: readonly CloseReason[]): Readonly<Record<string, JsonSchema>> => ({
  code: { type: 'integer', enum: closes.map(({ code }) => code) },
  reason: { type: 'string', description: 'For people' },
  reconnect: { type: 'boolean', description: 'Whether to connect again with the same credentials can help' },
  retry_after_ms: { type: 'integer', description: 'How long to wait first, where `reconnect` is true' },
});

/** Puts what a notice holds into a frame. */
export type NoticeFrame = (notice: {
  readonly properties: Readonly<Record<string, JsonSchema>>;
  readonly required: readonly string[];
}) => JsonSchema;

interface Notices extends Pick<FrameDocs, 'summary' | 'description' | 'event'> {
  readonly closes: readonly CloseReason[];
  /** The codec's own frame, parsed. */
  readonly frameOf: (...notice: Parameters<Codec['disconnect']>) => unknown;
  readonly schemaOf: NoticeFrame;
}

/** The frame in which a protocol says why the server ends a connection. */
export function disconnectDocs({ closes, frameOf, schemaOf, ...words }: Notices): ToldDocs {
  const schema = schemaOf({ properties: noticeProperties(closes), required: ['code', 'reason', 'reconnect'] });
  return { kind: 'connection', frame: { name: 'disconnect', ...words, schema, examples: closeExamples(closes, frameOf) } };
}
