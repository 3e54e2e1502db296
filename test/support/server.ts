import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../../src/app.setup.js';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { Settings } from '../../src/config/settings.js';
import { listen } from '../../src/ops/listen.js';
import { createDatabase, type TestDatabase } from './database.js';
import { Client, type Tokens } from './http-client.js';
import { RawSocket } from './raw-socket.js';

export const PASSWORD = 'correct horse battery';

export interface ServerOptions {
  /** Settings beyond those that tests need; limits and the log-in throttle are off unless set here. */
  readonly variables?: Readonly<Record<string, string>>;
  readonly extensions?: readonly (Type | DynamicModule)[];
  /** A database to share with another node; else the server gets its own. */
  readonly database?: TestDatabase;
}

/** A whole server on a free port, with a database and a folder of its own. */
export class TestServer {
  private names = 0;

  private constructor(
    readonly app: NestFastifyApplication,
    readonly settings: Settings,
    readonly database: TestDatabase,
    readonly dataDir: string,
    readonly port: number,
    private readonly ownsDatabase: boolean,
  ) {}

  static async start({ variables = {}, extensions = [], database }: ServerOptions = {}): Promise<TestServer> {
    const dataDir = await mkdtemp(join(tmpdir(), 'switchboard-test-'));
    const own = database ?? (await createDatabase());
    const settings = Settings.from({
      HOST: '127.0.0.1',
      PORT: '0',
      DATA_DIR: dataDir,
      LOG_LEVEL: 'silent',
      RATE_LIMIT: 'off',
      LOGIN_THROTTLE: 'off',
      APP_SECRET: 'a secret of thirty-two bytes at least',
      ...variables,
    });
    const app = await createApp({ settings, databaseUrl: own.url, extensions });
    const port = await listen(app, settings);
    return new TestServer(app, settings, own, dataDir, port, database === undefined);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get wsUrl(): string {
    return `ws://127.0.0.1:${this.port}`;
  }

  /** An HTTP client of this server, with a token where one is given. */
  client(token?: string): Client {
    return new Client(this.url, token);
  }

  /** Opens a raw WebSocket and waits until it is open (`RawSocket.refused` where it is not to be). */
  socket(path: string, headers: Readonly<Record<string, string>> = {}): Promise<RawSocket> {
    return RawSocket.open(this.wsUrl + path, headers);
  }

  /** A user name that nobody in this database has. */
  name(prefix = 'user'): string {
    this.names += 1;
    return `${prefix}-${this.names}-${Math.random()
      .toString(36)
      .slice(2, 8)
      .replaceAll(/[0l1o]/g, 'x')}`;
  }

  /** Makes an account directly, and logs it in through `rest`. */
  async user(options: { readonly username?: string; readonly isSuperuser?: boolean } = {}): Promise<Account> {
    const username = options.username ?? this.name();
    const { isSuperuser = false } = options;
    const email = `${username}@example.com`;
    const { id } = await this.app.get(AccountsService).create({ username, email, password: PASSWORD, isSuperuser }, null, null);
    const tokens = await this.client().logIn(username, PASSWORD);
    return { id, username, email, tokens, client: this.client(tokens.token) };
  }

  async stop(): Promise<void> {
    await this.app.close();
    if (this.ownsDatabase) await this.database.drop();
    await rm(this.dataDir, { recursive: true, force: true });
  }
}

export interface Account {
  readonly id: number;
  readonly username: string;
  readonly email: string;
  readonly tokens: Tokens;
  /** Carries the account's access token. */
  readonly client: Client;
}
