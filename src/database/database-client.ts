import { connect } from 'node:net';
import { Client, type ClientConfig } from 'pg';

/** Settings of a session, by their names in PostgreSQL; times are in milliseconds. */
export type SessionSettings = Readonly<Record<string, string | number>>;

/** What a connection of ours is made by. */
export interface DatabaseClientConfig extends ClientConfig {
  /** Whether to encrypt only if the server offers it. */
  readonly asksForTls?: boolean;
  readonly session?: SessionSettings;
}

/** PostgreSQL's question whether a server speaks TLS; it answers with one byte. */
const SSL_REQUEST = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/**
 * A connection whose session is set up before anybody gets it. Not by the start-up packet: PgBouncer, as it comes, refuses every parameter
 * there that it cannot follow, and drops those that it is configured to ignore.
 */
export class DatabaseClient extends Client {
  private readonly asksForTls: boolean;
  private readonly session: SessionSettings;

  constructor(config: DatabaseClientConfig = {}) {
    super(config);
    this.asksForTls = config.asksForTls ?? false;
    this.session = config.session ?? {};
    // What breaks a connection is said by the query that it breaks; an `error` that nobody listens for would end the process.
    this.on('error', () => undefined);
  }

  override connect(): Promise<Client>;
  override connect(callback: ((error: Error) => void) | ((error: null, client: Client) => void)): void;
  override connect(callback?: (...outcome: never[]) => void): Promise<Client> | undefined {
    const opened = this.open();
    if (!callback) return opened;
    const call = callback as (error: Error | null, client?: Client) => void;
    // Out of the promise, so that what the callback throws does not come back to it.
    opened.then(
      () => process.nextTick(call, null, this),
      (error: unknown) => process.nextTick(call, error as Error),
    );
    return undefined;
  }

  private async open(): Promise<Client> {
    if (this.asksForTls && !(await offersTls(this.host, this.port))) this.goPlain();
    await super.connect();
    const [text, values] = setUp(this.session);
    try {
      await this.query(text, values);
    } catch (thrown) {
      await this.end().catch(() => undefined);
      throw thrown;
    }
    return this;
  }

  /** Both read it when they connect, and not before. */
  private goPlain(): void {
    this.ssl = false;
    Object.assign(this.connection, { ssl: false });
  }
}

/** Commits wait at least for the disk of the server; an operator may have chosen that they wait for a standby, too. */
const COMMIT = `CASE current_setting('synchronous_commit') WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END`;

function setUp(session: SessionSettings): [string, string[]] {
  const values: string[] = [];
  const calls = Object.entries(session).map(([name, value]) => {
    if (name === 'synchronous_commit') return `set_config('${name}', ${COMMIT}, false)`;
    return `set_config('${name}', $${values.push(String(value))}, false)`;
  });
  return [`SELECT ${calls.join(', ')}`, values];
}

/** Whether the server speaks TLS. What cannot be reached is left to the connection itself, which says why. */
function offersTls(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const answer = (offers: boolean): void => {
      socket.destroy();
      resolve(offers);
    };
    socket.once('connect', () => socket.write(SSL_REQUEST));
    socket.once('data', (bytes) => answer(bytes.toString('latin1', 0, 1) === 'S'));
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => answer(true));
  });
}
