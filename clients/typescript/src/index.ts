export { ApiError, CommandError, type LocalCode } from './errors.js';
export { LiveConnection } from './live-connection.js';
export { Switchboard, type ConnectOptions, type SwitchboardOptions } from './switchboard.js';
export type { BackoffOptions } from './backoff.js';
export type { Registration } from './doors.js';
export type { Ending } from './link.js';
export type { SendOptions } from './outbox.js';
export type { RequestOptions } from './requests.js';
export type { components, paths } from './rest-types.js';
export type { CommandFrame, OpenTransport, ServerFrame, Transport, TransportEvents } from './transport.js';
export type {
  Chat,
  ChatSummary,
  CommandAnswer,
  CommandName,
  CommandPayload,
  Events,
  Fault,
  Issue,
  LogEntry,
  Member,
  Message,
  SentMessage,
  ServerEvent,
  Session,
  State,
  User,
  WireFrame,
} from './types.js';
export type { SocketLike, WebSocketClass } from './websocket-transport.js';
