import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import type { Answer } from '../http-client.js';
import type { Route } from '../routes.js';
import { pipeline } from './pipeline.js';
import { type Actor, TOKEN, type World } from './world.js';

const DEADLINE_MS = 10_000;

type Tokens = Readonly<Record<Actor, string>>;

/** What one request is made of. */
export interface Attempt {
  readonly method: string;
  /** Path and query, with bytes that Node lets a client send. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly actor: Actor;
  /** The route that is meant; undefined where none is. */
  readonly route: Route | undefined;
}

/** What goes to the server at once: each request over a connection of its own, or one behind the other over one. */
export interface Volley {
  readonly attempts: readonly Attempt[];
  /** Where the bytes of a pipeline are cut; undefined for requests of their own. */
  readonly cuts: readonly number[] | undefined;
}

/** Sends requests and judges the answers. */
export class HttpTarget {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 16 });

  constructor(private readonly world: World) {}

  /** @returns how many requests were answered */
  async run({ attempts, cuts }: Volley): Promise<number> {
    const tokens = await this.tokens();
    if (cuts) return this.pipeline(attempts, cuts, tokens);
    const answers = await Promise.all(attempts.map((attempt) => this.send(attempt, tokens)));
    for (const [at, answer] of answers.entries()) judge(attempts[at] as Attempt, answer);
    return attempts.length;
  }

  close(): void {
    this.agent.destroy();
  }

  private async tokens(): Promise<Tokens> {
    await this.world.mend();
    const [user, superuser] = [await this.world.token('user'), await this.world.token('superuser')];
    return { nobody: 'x.y.z', user, superuser };
  }

  /** Answers come in order, until one ends the connection; what is behind that is not carried out. */
  private async pipeline(attempts: readonly Attempt[], cuts: readonly number[], tokens: Tokens): Promise<number> {
    // An answer to HEAD has a length and no body.
    const sent = attempts.filter(({ method }) => method !== 'HEAD').map((attempt) => bytesOf(attempt, tokens));
    if (sent.length === 0) return 0;
    const answers = await pipeline(this.world.server.port, sent, cuts);
    for (const { status } of answers) assert.ok(status < 500 || status === 503, `a pipelined request was answered ${status}`);
    const isWhole = answers.length === sent.length || answers.at(-1)?.isLast;
    assert.ok(isWhole, `${answers.length} of ${sent.length} pipelined requests have an answer`);
    return answers.length;
  }

  private send(attempt: Attempt, tokens: Tokens): Promise<Answer> {
    const { method, target } = attempt;
    const headers = headersOf(attempt, tokens);
    const options = { host: '127.0.0.1', port: this.world.server.port, agent: this.agent, method, path: target, headers };
    return new Promise((resolve, reject) => {
      const asked = request({ ...options, timeout: DEADLINE_MS }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          const entries = Object.entries(response.headers).map(([name, value]): [string, string] => [name, String(value)]);
          const isJson = response.headers['content-type']?.includes('json') === true && text !== '';
          resolve({
            ...{ status: response.statusCode ?? 0, headers: new Headers(entries) },
            body: isJson ? JSON.parse(text) : text,
          });
        });
        response.on('error', reject);
      });
      asked.on('timeout', () => asked.destroy(new Error(`no answer to ${method} ${target} within ${DEADLINE_MS} ms`)));
      asked.on('error', reject).end(bodyOf(attempt, tokens));
    });
  }
}

const bodyOf = ({ body, actor }: Attempt, tokens: Tokens): string | undefined => body?.replaceAll(TOKEN, tokens[actor]);

function headersOf(attempt: Attempt, tokens: Tokens): Record<string, string> {
  const { headers, actor } = attempt;
  const body = bodyOf(attempt, tokens);
  return {
    ...(actor === 'nobody' ? {} : { authorization: `Bearer ${tokens[actor]}` }),
    ...Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'content-type' || body !== undefined)),
    ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
  };
}

function bytesOf(attempt: Attempt, tokens: Tokens): Buffer {
  const headers = Object.entries({ host: 'localhost', ...headersOf(attempt, tokens) });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const head = Buffer.from(`${attempt.method} ${attempt.target} HTTP/1.1\r\n${lines}\r\n`, 'latin1');
  return Buffer.concat([head, Buffer.from(bodyOf(attempt, tokens) ?? '')]);
}

/** Fails where an answer is none that the document promises. */
function judge({ method, target, route }: Attempt, answer: Answer): void {
  const { status, headers, body } = answer;
  const what = `${method} ${target.slice(0, 300)}: ${status} ${JSON.stringify(body).slice(0, 300)}`;
  // 503 is for a server that is too busy, and is documented.
  assert.ok(status >= 200 && (status < 500 || status === 503), what);
  assert.ok(headers.get('x-request-id'), what);
  assert.equal(headers.get('x-content-type-options'), 'nosniff', what);
  const fault = route?.faultOf(answer);
  if (fault === undefined) return;
  // What is refused before the route is known to be meant is refused in its protocol's words, too.
  const isRefusal = [400, 404, 413, 414, 415, 431].includes(status) && typeof body === 'object' && body !== null;
  assert.ok(isRefusal && ('detail' in body || 'error' in body), `${what}: ${fault}`);
}
