import { setTimeout } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { CoreError, type ErrorCode } from '../errors/catalogue.js';
import { coreErrorOf } from '../errors/core-error-of.js';
import { type Identity, isOver } from '../identity/identity.js';
import { CLOSE } from './close-reasons.js';
import type { CommandFrame, Decoded } from './codec.js';
import { type Connection, ConnectionRequest } from './connection.js';
import { countBadFrame, type FrameVerdict, takeFrame } from './frame-limits.js';
import { Hub } from './hub.js';
import { CommandRunner, type CommandTurn, TokenReader } from './ports.js';
import { MAX_ANSWER_BYTES } from '../validation/answer-size.js';
import { FaultLog } from '../errors/fault-log.js';
import { PendingAnswer } from './pending-answer.js';

/** Requests of one connection that may be under way at once; more are refused until some are answered. */
const MAX_IN_FLIGHT = 256;
/** The same in bytes: of a protocol that answers in order, what waits for its turn is kept whole. */
const MAX_IN_FLIGHT_BYTES = 1024 * 1024;
/** Refusals may have to wait for their turn, too, with the request ids that they carry; so many more end the connection. */
const MAX_REFUSED = MAX_IN_FLIGHT;
const MAX_REFUSED_BYTES = 4 * MAX_IN_FLIGHT_BYTES;

/**
 * What happens to every incoming frame of every protocol: limits, decoding, authentication, the command, the answer.
 * Everything that can be known at once is answered at once, without a promise.
 */
@Injectable()
export class FramePipeline {
  private closing = false;

  constructor(
    private readonly hub: Hub,
    private readonly runner: CommandRunner,
    private readonly tokens: TokenReader,
    private readonly faults: FaultLog,
    private readonly settings: Settings,
  ) {}

  /**
   * Counts something that has arrived, before anything else is done about it. A flood ends the connection.
   * @param frames what it counts for: a ping is a frame of WebSocket, too; a piece of a frame costs less
   */
  count(connection: Connection, frames = 1): FrameVerdict {
    if (connection.closed) return 'flood';
    const verdict = this.settings.RATE_LIMIT ? takeFrame(connection, performance.now(), frames) : 'ok';
    if (verdict !== 'ok') this.hub.countRefused(connection.codec.protocol);
    if (verdict === 'flood') this.hub.close(connection, CLOSE.flood);
    return verdict;
  }

  /**
   * Handles one incoming frame.
   * @param bytes about how much memory it takes while it is kept
   * @param counted the verdict on it, where its transport has counted it already
   * @returns the answer for the transport to send; undefined where there is none (the connection was closed)
   */
  receive(connection: Connection, raw: unknown, bytes: number, counted?: FrameVerdict): unknown {
    if (connection.closed) return undefined;
    const now = performance.now();
    connection.seenAt = now;
    const { protocol } = connection.codec;
    this.hub.received.set(protocol, (this.hub.received.get(protocol) ?? 0) + 1);
    const verdict = counted ?? this.count(connection);
    if (verdict === 'flood') return undefined;
    const decoded = connection.codec.decode(raw, connection);
    if (decoded.kind === 'bad') {
      if (countBadFrame(connection, now)) return this.endBad(connection, decoded);
      return this.queued(connection, decoded, bytes);
    }
    if (this.closing) return this.queued(connection, refused(decoded, 'unavailable'), bytes);
    if (verdict === 'ok' && hasRoom(connection, bytes, 0, 0)) return this.queued(connection, decoded, bytes);
    if (!hasRoom(connection, bytes, MAX_REFUSED, MAX_REFUSED_BYTES)) {
      this.hub.close(connection, CLOSE.flood);
      return undefined;
    }
    return this.queued(connection, refused(decoded, 'too_many_requests'), bytes);
  }

  /**
   * Says that the answer to a frame could not be sent, such as one that its transport cannot encode.
   * @returns the answer to send in its place
   */
  unsendable(connection: Connection, raw: unknown, thrown: unknown): unknown {
    return this.fault(connection, connection.codec.decode(raw, connection).context, thrown);
  }

  /** From now on requests are refused; resolves when those under way have been answered, or after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    this.closing = true;
    const deadline = performance.now() + limitMs;
    while (performance.now() < deadline && [...this.hub.connections()].some(({ inFlight }) => inFlight > 0)) await setTimeout(20);
  }

  private endBad(connection: Connection, { context, detail }: Extract<Decoded, { kind: 'bad' }>): undefined {
    this.hub.send(connection, connection.codec.badFrame(context, detail, connection));
    this.hub.close(connection, CLOSE.badFrames);
  }

  /** Answers a frame: at once, or after those before it that it has to wait for. */
  private queued(connection: Connection, decoded: Decoded, bytes: number): unknown {
    const turn = this.turnOf(connection, decoded);
    const before = turn === 'free' ? null : connection.tail;
    const pending = new PendingAnswer();
    const answer = before
      ? before.then(() => this.answer(connection, decoded, pending))
      : this.answer(connection, decoded, pending);
    if (!(answer instanceof Promise)) {
      if (pending.isAwaited) queueMicrotask(() => pending.settle());
      return answer;
    }
    connection.inFlight += 1;
    connection.inFlightBytes += bytes;
    const done = answer.finally(() => {
      connection.inFlight -= 1;
      connection.inFlightBytes -= bytes;
      if (connection.tail === done) connection.tail = null;
      if (connection.inFlight === 0) settle(connection);
    });
    if (turn === 'barrier') connection.tail = done;
    // The transport, to which the promise is returned, waits for it already by then: its turn to send comes first.
    queueMicrotask(() => void done.then(() => pending.settle()));
    return done;
  }

  /** Of a protocol that answers in order every frame is a barrier; else what is no command has nothing to wait for. */
  private turnOf({ codec }: Connection, decoded: Decoded): CommandTurn {
    if (codec.ordered) return 'barrier';
    return decoded.kind === 'command' ? this.runner.turnOf(decoded) : 'free';
  }

  /** @returns the encoded answer; never throws or rejects */
  private answer(connection: Connection, decoded: Decoded, pending: PendingAnswer): unknown {
    const { context } = decoded;
    if (decoded.kind === 'bad') return connection.codec.badFrame(context, decoded.detail, connection);
    if (decoded.kind === 'reply') return connection.codec.result(context, decoded.data, connection);
    if (decoded.kind === 'refused') return connection.codec.error(context, decoded.error, connection);
    try {
      const request = new ConnectionRequest(connection, pending);
      const data =
        decoded.token === undefined ? this.runner.run(decoded, request) : this.runSigned(request, decoded, decoded.token);
      if (!(data instanceof Promise)) return bounded(connection, context, data);
      return data
        .then((value: unknown) => bounded(connection, context, value))
        .catch((thrown: unknown) => this.fault(connection, context, thrown));
    } catch (thrown) {
      return this.fault(connection, context, thrown);
    }
  }

  /**
   * Runs a command in the name of the token that its frame bears. The connection becomes the token's when the command has succeeded: a
   * frame that is refused changes nothing. What could keep it from that is found out before.
   */
  private async runSigned({ connection, answer }: ConnectionRequest, frame: CommandFrame, token: string): Promise<unknown> {
    const identity = await this.tokens.identify(token);
    if (!identity) throw new CoreError('not_authenticated');
    const { userId } = identity.session;
    const release = connection.userId === userId ? undefined : this.hub.reserve(userId);
    let data: unknown;
    try {
      if (release) await this.hub.listeners.arriving(userId);
      data = await this.runner.run(frame, { identity, origin: connection.origin, connection, answer });
    } finally {
      release?.();
    }
    await this.bindAfter(connection, identity);
    return data;
  }

  /** What is done is done, and answered so: that the connection could not be bound only means that the next frame tries again. */
  private async bindAfter(connection: Connection, identity: Identity): Promise<void> {
    // The command may have ended the session, as a log-out does.
    if (isOver(identity, Date.now())) return;
    try {
      await this.hub.bind(connection, identity);
    } catch (thrown) {
      this.faults.report(coreErrorOf(thrown), { connection: connection.id, protocol: connection.codec.protocol });
    }
  }

  private fault(connection: Connection, context: unknown, thrown: unknown): unknown {
    const error = coreErrorOf(thrown);
    this.faults.report(error, { connection: connection.id, protocol: connection.codec.protocol });
    return connection.codec.error(context, error, connection);
  }
}

/** The encoded answer, or that it is too large: every list ends early by itself, but an extension may answer what it likes. */
function bounded(connection: Connection, context: unknown, data: unknown): unknown {
  const { codec } = connection;
  const frame = codec.result(context, data, connection);
  const isTooLarge =
    typeof frame === 'string' && frame.length * 3 > MAX_ANSWER_BYTES && Buffer.byteLength(frame) > MAX_ANSWER_BYTES;
  if (!isTooLarge) return frame;
  const detail = `The answer is larger than ${MAX_ANSWER_BYTES} bytes`;
  return codec.error(context, new CoreError('too_large', { detail }), connection);
}

function settle(connection: Connection): void {
  const { onIdle } = connection;
  connection.onIdle = null;
  onIdle?.();
}

const refused = ({ context }: Decoded, code: ErrorCode): Decoded => ({ kind: 'refused', context, error: new CoreError(code) });

/** Whether a frame may join those under way; one that is alone may always. */
function hasRoom({ inFlight, inFlightBytes }: Connection, bytes: number, more: number, moreBytes: number): boolean {
  if (inFlight === 0) return true;
  return inFlight < MAX_IN_FLIGHT + more && inFlightBytes + bytes <= MAX_IN_FLIGHT_BYTES + moreBytes;
}
