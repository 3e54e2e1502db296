import type { IncomingMessage } from 'node:http';
import { type Socket as EngineConnection, Server as EngineServer, type Transport } from 'engine.io';
import { answerRaw } from '../../http/raw-answer.js';
import { type ArrivalRules, Arrivals } from './arrivals.js';
import { EngineSocket } from './engine-sockets.js';
import { limitPolls } from './poll-sizes.js';

type EngineOptions = ConstructorParameters<typeof EngineServer>[0];

/** The query of a request as Engine.IO keeps it: of several parameters of one name the last. */
export type EngineRequest = IncomingMessage & { _query?: Record<string, string>; readonly websocket?: unknown };

/** Engine.IO whose sessions count what arrives (`Arrivals`) before any of it is parsed. */
export class CountedEngine extends EngineServer {
  constructor(
    options: EngineOptions,
    private readonly rules: ArrivalRules,
  ) {
    super(options);
    this.on('connection', (conn: EngineConnection) => {
      limitPolls(conn);
      Arrivals.of(conn).open(conn);
    });
  }

  /** The open session of this id; anybody can write `?sid=`. */
  session(sid: string | undefined): EngineConnection | undefined {
    return sid !== undefined && Object.hasOwn(this.clients, sid) ? this.clients[sid] : undefined;
  }

  /** An upgrade that Engine.IO refuses is answered like a request that it refuses, and before it is granted. */
  protected override verify(...[request, isUpgrade, done]: Parameters<EngineServer['verify']>): void | boolean {
    return super.verify(request, isUpgrade, (code, context) => {
      if (!isUpgrade) return done(code, context);
      const refusal = code ?? this.refusalOf(request);
      if (refusal === undefined) return done();
      answerRaw(request.socket, 400, { code: refusal, message: context?.message ?? wordsOf(refusal) });
    });
  }

  /** The code for an upgrade that Engine.IO would grant before it refuses: the client would get HTTP inside of a WebSocket, or nothing. */
  private refusalOf({ _query: query }: EngineRequest): number | undefined {
    const { UNSUPPORTED_PROTOCOL_VERSION, BAD_REQUEST } = EngineServer.errors;
    const session = this.session(query?.['sid']);
    // Clients of Socket.IO 2 and before.
    if (!session && query?.['EIO'] !== '4') return UNSUPPORTED_PROTOCOL_VERSION;
    const isTaken = session?.upgrading === true || session?.upgraded === true;
    return query?.['transport'] !== 'websocket' || isTaken ? BAD_REQUEST : undefined;
  }

  protected override createTransport(...[name, request]: Parameters<EngineServer['createTransport']>): Transport {
    const transport = super.createTransport(name, request);
    const { _query: query, websocket } = request as EngineRequest;
    const session = this.session(query?.sid);
    const arrivals = session ? Arrivals.of(session) : new Arrivals(this.rules);
    arrivals.watch(transport);
    if (websocket instanceof EngineSocket) {
      websocket.payer = this.rules.payerOf(request);
      websocket.count((frames) => arrivals.extra(frames));
      websocket.onFault = (code) => arrivals.fault(code);
      websocket.onSettle = (then) => arrivals.settle(then);
    }
    return counted(transport, arrivals);
  }
}

/** What Engine.IO says of one of its codes. */
const wordsOf = (code: number): string => (EngineServer.errorMessages as Readonly<Record<number, string>>)[code] ?? 'Bad request';

/** What of a transport is called for all that arrives; its types keep it to the transport itself. */
interface Entrances {
  onPacket(packet: { readonly type: string; readonly data?: unknown }): void;
  onClose(): void;
  parser: { decodePayload(payload: string): readonly { readonly type: string }[] };
}

/** Puts the counting before the two entrances of a transport: payloads of long polling, and single packets of any transport. */
function counted(transport: Transport, arrivals: Arrivals): Transport {
  const entrances = transport as unknown as Entrances;
  const { parser } = entrances;
  const onPacket = entrances.onPacket.bind(transport);
  entrances.parser = {
    ...parser,
    decodePayload: (payload) => {
      const packets = arrivals.payload(payload) ? parser.decodePayload(payload) : [];
      if (packets.length < 2 || packets.at(-1)?.type !== 'close') return packets;
      // What came along with the end is answered first.
      arrivals.settle(() => entrances.onClose());
      return packets.slice(0, -1);
    },
  };
  entrances.onPacket = (packet) => {
    if (arrivals.packet(packet)) arrivals.inTurn(packet, () => onPacket(packet));
  };
  return transport;
}
