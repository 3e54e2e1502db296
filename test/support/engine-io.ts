import type { Answer, Parsed } from './http-client.js';
import type { TestServer } from './server.js';
import { frameOf, OPCODE, TcpSocket } from './tcp-socket.js';

const POLLING = '/socket.io/?EIO=4&transport=polling';
const WEBSOCKET = '/socket.io/?EIO=4&transport=websocket';

/** A session of long polling, driven by hand. */
export class PollingSession {
  private constructor(
    private readonly server: TestServer,
    readonly sid: string,
  ) {}

  /** Opens a session, and joins the default namespace where there is a token. */
  static async open(server: TestServer, token?: string): Promise<PollingSession> {
    const { body } = await server.client().get<string>(POLLING);
    const session = new PollingSession(server, JSON.parse(body.slice(1)).sid as string);
    if (token !== undefined) {
      await session.post(`40${JSON.stringify({ token })}`);
      // The answer to the join, and the greeting.
      let packets: string[] = [];
      while (!packets.some((packet) => packet.startsWith('42["hello"'))) packets = packets.concat(await session.poll());
    }
    return session;
  }

  get path(): string {
    return `${POLLING}&sid=${this.sid}`;
  }

  send(method: string, body?: string): Promise<Answer<Parsed>> {
    const headers = { 'content-type': 'text/plain;charset=UTF-8' };
    return this.server.client().raw(this.path, body === undefined ? { method } : { method, body, headers });
  }

  /** Sends packets in one payload. @returns the status */
  async post(...packets: readonly string[]): Promise<number> {
    return (await this.send('POST', packets.join('\u001e'))).status;
  }

  /** The packets that wait, or the next ones; none where the session is over. */
  async poll(): Promise<string[]> {
    const { status, body } = await this.send('GET');
    return status === 200 ? String(body).split('\u001e') : [];
  }
}

/** A WebSocket of Engine.IO, driven by hand. */
export class EngineWebSocket {
  private constructor(readonly tcp: TcpSocket) {}

  /**
   * Opens a session, and joins the default namespace where there is a token.
   * @param more what the upgrade says besides: the rest of its query, and headers
   */
  static async open(
    server: TestServer,
    token?: string,
    more: { readonly query?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ): Promise<EngineWebSocket> {
    const socket = new EngineWebSocket(await TcpSocket.webSocket(server.port, WEBSOCKET + (more.query ?? ''), more.headers));
    await socket.next();
    if (token !== undefined) {
      socket.send(`40${JSON.stringify({ token })}`);
      while (!(await socket.next())?.startsWith('42["hello"'));
    }
    return socket;
  }

  /** Sends packets, each in a frame, in one write. */
  send(...packets: readonly string[]): void {
    this.tcp.send(Buffer.concat(packets.map((packet) => frameOf(OPCODE.text, packet))));
  }

  /** The next packet; undefined where the connection has ended. */
  async next(): Promise<string | undefined> {
    const frame = await this.tcp.frame();
    return frame === undefined || frame.opcode === OPCODE.close ? undefined : frame.payload.toString('utf8');
  }

  /** The next packet for which something holds; undefined where the connection ends before. */
  async nextThat(wanted: (packet: string) => boolean): Promise<string | undefined> {
    let packet = await this.next();
    while (packet !== undefined && !wanted(packet)) packet = await this.next();
    return packet;
  }

  /** What is left until the connection ends. */
  async rest(): Promise<string[]> {
    const packets: string[] = [];
    for (let packet = await this.next(); packet !== undefined; packet = await this.next()) packets.push(packet);
    return packets;
  }

  destroy(): void {
    this.tcp.destroy();
  }
}
