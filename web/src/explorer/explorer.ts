import { FrameLog } from './frame-log';
import { factsOf, type FrameFacts, type Notice, packetFacts } from './frame-facts';
import { answerText, bytesOf, exchange, type HttpAnswer, type HttpRequest, requestText } from './http-exchange';
import { type Link, type LinkEvents, openWebSocket } from './links';
import { FACTS, type Protocol, socketOrigin, socketPath } from './protocols';
import type { Wire } from './wire';
import { wireOf } from './wires';
import { SERVER } from '../session/base';

/** As whom to connect. `token` gives one at the time, since it may have to be renewed. */
export type Identity =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'token'; readonly token: () => Promise<string | null> }
  | { readonly kind: 'password'; readonly username: string; readonly password: string };

export interface Target {
  readonly protocol: Protocol;
  readonly identity: Identity;
  readonly clientId: string;
}

/** Why there is no connection, where the close code does not say it; the words are in the texts. */
export type ConnectFault = 'badToken' | 'badLogIn' | 'tooMany' | 'offline' | 'refused' | 'noToken';

export interface ConnectionState {
  readonly status: 'idle' | 'opening' | 'open' | 'closed';
  readonly protocol: Protocol;
  /** What it was opened with. */
  readonly token: string | null;
  readonly fault: ConnectFault | null;
  /** How it ended. */
  readonly close: { readonly code: number; readonly reason: string } | null;
  /** What the server's last frame said of its end. */
  readonly notice: Notice | null;
}

const IDLE: ConnectionState = { status: 'idle', protocol: 'game', token: null, fault: null, close: null, notice: null };
const ALIVE = 'alive-';

/** Milliseconds since the epoch, with fractions. */
const now = (): number => performance.timeOrigin + performance.now();

/** One connection of the explorer, and the log of all that went over it and those before it. */
export class Explorer {
  readonly log = new FrameLog((work) => setTimeout(work, 50));
  private readonly listeners = new Set<() => void>();
  private current: ConnectionState = IDLE;
  private link: Link | null = null;
  /** Of the connection that counts: what comes of an older one is dropped. */
  private attempt = 0;
  private exchanges = 0;
  private beat: ReturnType<typeof setInterval> | undefined;
  private isKeptAlive = true;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly state = (): ConnectionState => this.current;

  /** Whether a connection that needs it gets a ping at each heartbeat. */
  readonly keepsAlive = (): boolean => this.isKeptAlive;

  keepAlive(isKeptAlive: boolean): void {
    this.isKeptAlive = isKeptAlive;
  }

  /** Opens a connection; an open one is closed first. What went wrong is in the state. */
  async connect(target: Target): Promise<void> {
    this.disconnect();
    const attempt = ++this.attempt;
    const { protocol } = target;
    this.become({ ...IDLE, status: 'opening', protocol });
    const token = await this.tokenFor(target).catch(() => 'offline' as const);
    if (attempt !== this.attempt) return;
    if (token !== null && typeof token === 'string') return this.fail(token);
    this.become({ ...this.current, token: token?.token ?? null });
    if (FACTS[protocol].socket === null) return this.become({ ...this.current, status: 'open' });
    await this.open(target, attempt);
  }

  /** Closes the connection, as somebody wishes. */
  disconnect(): void {
    this.attempt += 1;
    clearInterval(this.beat);
    const { link } = this;
    this.link = null;
    link?.close();
    if (link) this.note('close 1000');
    this.log.forgetRequests();
    this.become({ ...IDLE, protocol: this.current.protocol });
  }

  /** Sends what a wire says, by the way that it says. */
  send(wire: Wire): void {
    if (wire.kind === 'http') void this.request(wire);
    else this.link?.send(wire);
  }

  /** A request over HTTP with the token of this connection, and its answer, both in the log. */
  private async request(request: Pick<HttpRequest, 'method' | 'path' | 'body'>): Promise<void> {
    await this.logged({ ...request, token: this.current.token }).catch(() => undefined);
  }

  private async logged(request: HttpRequest): Promise<HttpAnswer> {
    const key = `http:${(this.exchanges += 1)}`;
    const { protocol } = this.current;
    const about = request.path.replace('/api/v1/commands/', '').replace('/', '.');
    const isCommand = request.path.startsWith('/api/v1/commands/');
    const body = request.body === undefined ? '' : JSON.stringify(request.body);
    const facts: FrameFacts = { kind: request.method, about: isCommand ? about : request.path, expects: key, carries: body };
    this.log.add({ direction: 'out', protocol, text: requestText(request), facts, bytes: bytesOf(body) }, now());
    try {
      const answer = await exchange(request);
      const isOk = answer.status < 400;
      const line = { kind: String(answer.status), about: '', isOk, answers: [key], carries: answer.text };
      this.log.add({ direction: 'in', protocol, text: answerText(answer), facts: line, bytes: bytesOf(answer.text) }, now());
      return answer;
    } catch (thrown) {
      this.note(thrown instanceof Error ? thrown.message : String(thrown));
      throw thrown;
    }
  }

  /** The token to connect with; null without one; or why there is none. */
  private async tokenFor({ protocol, identity }: Target): Promise<{ readonly token: string } | null | ConnectFault> {
    if (identity.kind === 'anonymous') return null;
    if (identity.kind === 'token') {
      const token = await identity.token();
      return token === null || token === '' ? 'noToken' : { token };
    }
    const { logIn } = FACTS[protocol];
    if (logIn === 'frame') return null;
    const body = { [logIn.nameField]: identity.username, password: identity.password };
    const answer = await this.logged({ method: 'POST', path: logIn.path, body, token: null });
    const token = logIn.tokenIn(answer.json);
    if (typeof token === 'string') return { token };
    return answer.status === 429 ? 'tooMany' : 'badLogIn';
  }

  private async open({ protocol, identity, clientId }: Target, attempt: number): Promise<void> {
    const { token } = this.current;
    const logsIn = identity.kind === 'password' && FACTS[protocol].logIn === 'frame' ? identity : null;
    const mine = (work: () => void): void => {
      if (attempt === this.attempt) work();
    };
    const address = socketOrigin(SERVER) + socketPath(protocol, clientId);
    const events: LinkEvents = {
      onOpen: () =>
        mine(() => {
          this.note(`open ${address}`);
          if (logsIn) this.link?.send(authFrame(logsIn.username, logsIn.password));
          else this.become({ ...this.current, status: 'open' });
        }),
      onFrame: (direction, text) => mine(() => this.onFrame(direction, text, logsIn !== null)),
      onRefused: (message) => mine(() => this.note(message)),
      onClose: (code, reason) => mine(() => void this.onClose(code, reason)),
    };
    if (protocol === 'socketio') {
      const { openSocketIo } = await import('./socketio-link');
      mine(() => {
        this.link = openSocketIo(SERVER, token, events);
      });
      return;
    }
    this.link = openWebSocket(token === null ? address : `${address}?token=${encodeURIComponent(token)}`, events);
  }

  private onFrame(direction: 'out' | 'in', text: string, isLoggingIn: boolean): void {
    const { protocol, status } = this.current;
    const found = protocol === 'socketio' ? packetFacts(direction, text) : factsOf(protocol, direction, text);
    const isBeat = [found.expects, ...(found.answers ?? [])].some((key) => key?.startsWith(`id:${ALIVE}`));
    this.log.add({ direction, protocol, text, facts: isBeat ? { ...found, isHeartbeat: true } : found }, now());
    if (direction === 'out') return;
    if (found.notice) this.become({ ...this.current, notice: found.notice });
    if (protocol === 'game' && found.kind === 'hello') this.beatEvery(text);
    if (isLoggingIn && status === 'opening' && found.kind === 'auth') this.onLogIn(text);
  }

  /** The answer to messenger's log-in. */
  private onLogIn(text: string): void {
    const answer = JSON.parse(text) as { readonly status?: unknown; readonly token?: unknown };
    if (typeof answer.token === 'string') return this.become({ ...this.current, status: 'open', token: answer.token });
    const { link } = this;
    this.attempt += 1;
    this.link = null;
    link?.close();
    this.note('close 1000');
    this.fail(answer.status === 429 ? 'tooMany' : 'badLogIn');
  }

  private async onClose(code: number, reason: string): Promise<void> {
    clearInterval(this.beat);
    this.link = null;
    this.log.forgetRequests();
    this.note(`close ${code}${reason === '' ? '' : ` ${reason}`}`);
    if (this.current.status === 'opening') {
      const { attempt } = this;
      const fault = await whyRefused(this.current.token);
      if (attempt === this.attempt) this.fail(fault);
      return;
    }
    this.become({ ...this.current, status: 'closed', close: { code, reason } });
  }

  /** A connection of `game` that says nothing is taken for dead, and browsers cannot send a ping of WebSockets. */
  private beatEvery(hello: string): void {
    const { heartbeat_sec: seconds } = JSON.parse(hello) as { readonly heartbeat_sec?: unknown };
    if (typeof seconds !== 'number' || seconds <= 0) return;
    let count = 0;
    clearInterval(this.beat);
    this.beat = setInterval(() => {
      if (!this.isKeptAlive) return;
      count += 1;
      this.link?.send(wireOf('game', { command: 'system.ping', payload: {}, requestId: `${ALIVE}${count}`, now: 0 }));
    }, seconds * 1000);
  }

  private note(text: string): void {
    const facts: FrameFacts = { kind: 'note', about: text };
    this.log.add({ direction: 'note', protocol: this.current.protocol, text, facts, bytes: 0 }, now());
  }

  private fail(fault: ConnectFault): void {
    this.become({ ...this.current, status: 'closed', fault });
  }

  private become(state: ConnectionState): void {
    this.current = state;
    for (const listener of this.listeners) listener();
  }
}

function authFrame(username: string, password: string): Wire {
  const frame = { mode: 'auth', timestamp: Math.floor(Date.now() / 1000), username, password };
  return { kind: 'frame', text: JSON.stringify(frame), frame, notes: [], requestId: null };
}

/** Browsers do not say how an upgrade was answered; over HTTP the same token is answered in words. */
async function whyRefused(token: string | null): Promise<ConnectFault> {
  try {
    const { status, json } = await exchange({ method: 'POST', path: '/api/v1/commands/system/whoami', body: {}, token });
    const { data } = (json ?? {}) as { readonly data?: { readonly user_id?: unknown } };
    if (status === 401 || (token !== null && data?.user_id === null)) return 'badToken';
    return status === 429 ? 'tooMany' : 'refused';
  } catch {
    return 'offline';
  }
}
