import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A way to the database that can be cut, or left open and silent like a cable that was pulled. */
export class Line {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();
  private silent = false;
  private refusing = false;
  /** How many connections it has turned away. */
  refused = 0;

  constructor(private readonly target: URL) {
    this.server = createServer((near) => this.pair(near));
  }

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    const url = new URL(this.target);
    url.port = String((this.server.address() as AddressInfo).port);
    return url.href;
  }

  silence(): void {
    this.silent = true;
  }

  cut(): void {
    this.refusing = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.silent = false;
    this.refusing = false;
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private pair(near: Socket): void {
    if (this.refusing) {
      this.refused += 1;
      near.destroy();
      return;
    }
    const far = connect(Number(this.target.port), this.target.hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(from);
      from.on('error', () => undefined);
      from.on('data', (data) => this.silent || to.write(data));
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
