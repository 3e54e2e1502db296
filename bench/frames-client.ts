import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const HEADER_END = Buffer.from('\r\n\r\n');
/** Where every client reads to: what is left over is copied before the next one reads. */
const SHARED = Buffer.allocUnsafe(256 * 1024);
const NOTHING = Buffer.alloc(0);

/**
 * A WebSocket client that does next to nothing with what it gets, so that the server is what is measured: it walks over the frames and
 * looks at one byte of each. Good for text frames that are not in pieces, which is all that servers send here. A connection that the
 * server ends is an error: whatever is measured would not be what it seems.
 */
export class FramesClient {
  private rest: Buffer = NOTHING;
  private isOpen = false;
  private isOver = false;
  private opened: (refusal: Error | null) => void = () => undefined;
  private readonly socket: Socket;
  /** Called for each frame, with its text still in the buffer it came in: good until the call is over. */
  onFrame: (buffer: Buffer, from: number, to: number) => void = () => undefined;

  private constructor({ hostname, port, pathname, search }: URL) {
    const callback = (bytes: number, buffer: Uint8Array): boolean => {
      this.receive(buffer.subarray(0, bytes) as Buffer);
      return true;
    };
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true, onread: { buffer: SHARED, callback } });
    this.socket.on('error', (error) => this.opened(error));
    this.socket.on('close', () => {
      if (!this.isOver) throw new Error('the server has ended a connection');
    });
    this.socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
  }

  static open(url: string): Promise<FramesClient> {
    return new Promise((resolve, reject) => {
      const client = new FramesClient(new URL(url));
      client.opened = (refusal) => (refusal ? reject(refusal) : resolve(client));
    });
  }

  /** A frame ready to be sent; its mask is zero, which leaves the text as it is. */
  static frame(text: string): Buffer {
    const length = Buffer.byteLength(text);
    const head = length < 126 ? Buffer.from([0x81, 0x80 | length]) : Buffer.from([0x81, 0xfe, length >> 8, length & 0xff]);
    return Buffer.concat([head, Buffer.alloc(4), Buffer.from(text)]);
  }

  send(frame: Buffer): void {
    this.socket.write(frame);
  }

  close(): void {
    this.isOver = true;
    this.socket.destroy();
  }

  private receive(data: Buffer): void {
    const buffer = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    const end = this.isOpen ? this.frames(buffer) : this.handshake(buffer);
    this.rest = end === buffer.length ? NOTHING : Buffer.from(buffer.subarray(end));
  }

  /** @returns up to where it was read */
  private handshake(buffer: Buffer): number {
    const end = buffer.indexOf(HEADER_END);
    if (end < 0) return 0;
    const answer = buffer.toString('latin1', 0, end);
    this.isOpen = answer.startsWith('HTTP/1.1 101');
    this.opened(this.isOpen ? null : new Error(answer));
    return end + HEADER_END.length;
  }

  /** @returns up to where it was read */
  private frames(buffer: Buffer): number {
    let at = 0;
    for (;;) {
      if (at + 2 > buffer.length) return at;
      const short = (buffer[at + 1] ?? 0) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (at + head > buffer.length) return at;
      const length = short < 126 ? short : short === 126 ? buffer.readUInt16BE(at + 2) : Number(buffer.readBigUInt64BE(at + 2));
      const end = at + head + length;
      if (end > buffer.length) return at;
      this.onFrame(buffer, at + head, end);
      at = end;
    }
  }
}
