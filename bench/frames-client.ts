import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';

const HEADER_END = Buffer.from('\r\n\r\n');

/**
 * A WebSocket client that does next to nothing with what it gets, so that the server is what is measured: it walks over the frames and
 * looks at one byte of each. Good for text frames that are not in pieces, which is all that servers send here.
 */
export class FramesClient {
  private rest: Buffer = Buffer.alloc(0);
  private isOpen = false;
  /** Called for each frame, with its text still in the buffer it came in. */
  onFrame: (buffer: Buffer, from: number, to: number) => void = () => undefined;

  private constructor(private readonly socket: Socket) {}

  static open(url: string): Promise<FramesClient> {
    const { hostname, port, pathname, search } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    const client = new FramesClient(socket);
    socket.write(
      `GET ${pathname}${search} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
    );
    return new Promise((resolve, reject) => {
      socket.on('error', reject);
      socket.on('data', (data) => {
        if (client.isOpen) return client.receive(data);
        client.rest = Buffer.concat([client.rest, data]);
        const end = client.rest.indexOf(HEADER_END);
        if (end < 0) return;
        if (!client.rest.toString('latin1', 0, 12).endsWith('101'))
          return reject(new Error(client.rest.toString('latin1', 0, end)));
        const first = client.rest.subarray(end + HEADER_END.length);
        client.rest = Buffer.alloc(0);
        client.isOpen = true;
        resolve(client);
        if (first.length > 0) client.receive(first);
      });
    });
  }

  /** A frame ready to be sent; its mask is zero, which leaves the text as it is. */
  static frame(text: string): Buffer {
    const length = Buffer.byteLength(text);
    const head = length < 126 ? Buffer.from([0x81, 0x80 | length]) : Buffer.from([0x81, 0xfe, length >> 8, length & 0xff]);
    return Buffer.concat([head, Buffer.alloc(4), Buffer.from(text)]);
  }

  send(text: string): void {
    this.socket.write(FramesClient.frame(text));
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(data: Buffer): void {
    const buffer = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    let at = 0;
    for (;;) {
      if (at + 2 > buffer.length) break;
      const short = (buffer[at + 1] ?? 0) & 0x7f;
      const head = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (at + head > buffer.length) break;
      const length = short < 126 ? short : short === 126 ? buffer.readUInt16BE(at + 2) : Number(buffer.readBigUInt64BE(at + 2));
      const end = at + head + length;
      if (end > buffer.length) break;
      this.onFrame(buffer, at + head, end);
      at = end;
    }
    this.rest = at === buffer.length ? Buffer.alloc(0) : buffer.subarray(at);
  }
}
