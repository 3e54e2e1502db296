export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };
export type JsonObject = { readonly [name: string]: Json };

/** What has to be said of how a protocol puts a command; the words are in the texts. */
export type WireNote = 'messengerLacks' | 'messengerGroup' | 'messengerDrops' | 'mcpHttp' | 'liveOnly';

/** One command as a protocol puts it: a text frame, an event of Socket.IO, or a request over HTTP. */
export type Wire =
  /** Where people wrote it by themselves there is only its text. */
  (
    | { readonly kind: 'frame'; readonly text: string; readonly frame: JsonObject | null }
    | { readonly kind: 'event'; readonly event: string; readonly argument: Json }
    | { readonly kind: 'http'; readonly method: string; readonly path: string; readonly body: Json | undefined }
  ) & { readonly notes: readonly WireNote[]; readonly requestId: string | null };

/** A wire that is a request over HTTP. */
export type HttpWire = Wire & { readonly kind: 'http' };

export interface Request {
  /** `domain.name` */
  readonly command: string;
  readonly payload: JsonObject;
  readonly requestId: string;
  /** Unix seconds, for the protocol whose frames say when they were sent. */
  readonly now: number;
  /** Runs over sockets only. */
  readonly liveOnly?: boolean;
}
