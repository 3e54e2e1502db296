import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PROTOCOLS, type Protocol } from '../../web/src/explorer/protocols.js';
import { rawWire } from '../../web/src/explorer/raw-wires.js';
import { snippet, type SnippetLanguage, snippetJob } from '../../web/src/explorer/snippets.js';
import type { JsonObject, Request, Wire } from '../../web/src/explorer/wire.js';
import { httpWire, wireOf } from '../../web/src/explorer/wires.js';
import { has, programOf } from '../support/capabilities.js';
import { type Account, PASSWORD, TestServer } from '../support/server.js';
import { until } from '../support/until.js';

const top = resolve(import.meta.dirname, '../..');
const DEADLINE_MS = 20_000;

/** What quoting could break: quotes of every kind, variables, commands, escapes, line ends, the name that is no field. */
const NASTY: JsonObject = {
  "it's": '"double" \'single\' `date` $HOME ${HOME} $(date) \\n \\u0041 %s !x #{x} é 😀 \u2028',
  lines: 'one\ntwo\r\n\ttabs',
  ['__proto__']: { polluted: true },
  list: [true, false, null, -0.5, 1e21],
};

interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program with TOKEN in its environment, and no proxy: it speaks to this machine. */
async function run(program: string, args: readonly string[], input: string, token: string): Promise<Run> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], LANG: 'C.UTF-8', PYTHONIOENCODING: 'utf-8', TOKEN: token };
  const child = spawn(program, args, { cwd: top, env, stdio: ['pipe', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const timer = setTimeout(() => child.kill('SIGKILL'), DEADLINE_MS);
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(timer);
  return { code, out, err };
}

describe('what the explorer copies', () => {
  let server: TestServer;
  let alice: Account;
  let folder: string;
  beforeAll(async () => {
    server = await TestServer.start();
    alice = await server.user();
    folder = await mkdtemp(join(tmpdir(), 'switchboard-snippets-'));
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const ping = (payload: JsonObject): Request => ({ command: 'system.ping', payload, requestId: 'r1', now: 1735689600 });

  function codeOf(language: SnippetLanguage, protocol: Protocol, request: Request, withToken = true, raw?: Wire): string {
    const [wire, http] = [raw ?? wireOf(protocol, request), httpWire(request, [])];
    const made = snippet(language, snippetJob({ protocol, origin: server.url, clientId: 'user/1', withToken, wire, http }));
    if ('none' in made) throw new Error(`${language} of ${protocol}: ${made.none}`);
    return made.code;
  }

  /** The last JSON value of what was printed that has the answer in it. */
  const answerIn = ({ out, err, code }: Run): JsonObject => {
    const start = out.lastIndexOf('{\n  "') < 0 ? out.indexOf('{') : out.lastIndexOf('\n{\n') + 1;
    const end = out.lastIndexOf('}') + 1;
    const text = out.slice(Math.max(start, out.indexOf('{')), end);
    try {
      return JSON.parse(text) as JsonObject;
    } catch (cause) {
      throw new Error(`exit ${code}: ${out}\n${err}`, { cause });
    }
  };

  /** `__proto__` too, which `toEqual` would not see. */
  const expectPong = (answer: JsonObject): void => {
    expect(answer).toMatchObject({ success: true });
    expect(JSON.stringify((answer['data'] as JsonObject)['sent_at'])).toBe(JSON.stringify(NASTY));
  };

  const javaScript = (code: string): Promise<Run> => run(process.execPath, ['--input-type=module'], code, alice.tokens.token);

  it.each(PROTOCOLS)('runs as JavaScript: %s', async (protocol) => {
    const code = codeOf('javascript', protocol, ping({ sent_at: NASTY }));
    const file = join(folder, `${protocol}.mjs`);
    await writeFile(file, code);
    expect(await run(process.execPath, ['--check', file], '', '')).toMatchObject({ code: 0 });
    const ran = await javaScript(code);
    expect([ran.code, ran.err]).toEqual([0, '']);
    expectPong(answerIn({ ...ran, out: ran.out.replace(/\nclosed \d+\n$/, '\n') }));
  });

  it('runs without a token where the protocol wants none', async () => {
    const ran = await javaScript(codeOf('javascript', 'rest', ping({ sent_at: 1 }), false));
    expect(ran.out).toMatch(/"sent_at": 1/);
  });

  it('sends a raw frame as it was written', async () => {
    const text = `{"type" : "command","v":1, "request_id":"r1",\n "domain":"system","command":"ping","payload":{"sent_at": 12345678901234567890}}`;
    const raw: Wire = { kind: 'frame', text, frame: null, notes: [], requestId: 'r1' };
    const ran = await javaScript(codeOf('javascript', 'game', ping({}), true, raw));
    expect(ran.out).toMatch(/"sent_at": 12345678901234567000/);
  });

  it('sends no body where there is none', async () => {
    const { token } = await server.client().logIn(alice.username, PASSWORD);
    const wire = rawWire('mcp', 'POST /auth/revoke');
    if (!wire) throw new Error('is a request');
    const ran = await run(process.execPath, ['--input-type=module'], codeOf('javascript', 'mcp', ping({}), true, wire), token);
    expect(ran.out).toBe('200 {\n  "success": true\n}\n');
  });

  describe.runIf(has.curl)('by curl', () => {
    it('sends no body where there is none', async () => {
      const wire = rawWire('mcp', 'GET /health/live');
      const ran = await run('bash', ['-eu'], codeOf('curl', 'mcp', ping({}), false, wire), '');
      expect([ran.code, ran.err, JSON.parse(ran.out)]).toMatchObject([0, '', { status: 'ok' }]);
    });

    it.each(PROTOCOLS)('runs as it is printed: %s', async (protocol) => {
      const ran = await run('bash', ['-eu'], codeOf('curl', protocol, ping({ sent_at: NASTY })), alice.tokens.token);
      expect([ran.code, ran.err]).toEqual([0, '']);
      expectPong(JSON.parse(ran.out) as JsonObject);
    });
  });

  describe.runIf(has.python)('in Python', () => {
    it.each(PROTOCOLS)('compiles: %s', async (protocol) => {
      const check = "import sys; compile(sys.stdin.read(), 'snippet', 'exec')";
      const ran = await run(programOf('python'), ['-c', check], codeOf('python', protocol, ping({ sent_at: NASTY })), '');
      expect([ran.code, ran.err]).toEqual([0, '']);
    });

    it.each(['game', 'rest', 'messenger', 'mcp'] as const)('runs as it is printed: %s', async (protocol) => {
      const ran = await run(programOf('python'), ['-'], codeOf('python', protocol, ping({ sent_at: NASTY })), alice.tokens.token);
      expect([ran.code, ran.err]).toEqual([0, '']);
      // Python writes the number that JSON has as 1e+21 in digits or with a fraction.
      const answer = answerIn(ran);
      const { list, ...rest } = (answer['data'] as JsonObject)['sent_at'] as { list: readonly unknown[] };
      const { list: wanted, ...others } = NASTY;
      expect(JSON.stringify(rest)).toBe(JSON.stringify(others));
      expect(list).toEqual(wanted);
    });

    it('runs a mode of messenger', async () => {
      const request: Request = { command: 'chat.list', payload: {}, requestId: 'r1', now: 1735689600 };
      const ran = await run(programOf('python'), ['-'], codeOf('python', 'messenger', request), alice.tokens.token);
      expect(answerIn(ran)).toMatchObject({ mode: 'getChats', status: 200, request_id: 'r1', chats: [] });
    });
  });

  describe('by wscat', () => {
    /** What the shell makes of the command: the arguments that wscat would get, one a line. */
    async function argumentsOf(code: string): Promise<string[]> {
      const script = `wscat() { for word in "$@"; do printf '%s\\0' "$word"; done; }\n${code}`;
      const ran = await run('bash', ['-eu'], script, alice.tokens.token);
      expect([ran.code, ran.err]).toEqual([0, '']);
      return ran.out.split('\0').slice(0, -1);
    }

    const optionOf = (args: readonly string[], name: string): string => args[args.indexOf(name) + 1] ?? '';

    it.each(['game', 'rest'] as const)('gives it the address, the token and the frame: %s', async (protocol) => {
      const args = await argumentsOf(codeOf('wscat', protocol, ping({ sent_at: NASTY })));
      const [name = '', value = ''] = optionOf(args, '-H').split(': ');
      const socket = new WebSocket(optionOf(args, '-c'), { headers: { [name]: value } });
      const frames: JsonObject[] = [];
      socket.on('message', (data: Buffer) => frames.push(JSON.parse(data.toString()) as JsonObject));
      await once(socket, 'open');
      socket.send(optionOf(args, '-x'));
      expectPong(await until(() => frames.find((frame) => frame['request_id'] === 'r1')));
      socket.close();
    });

    it('types what Socket.IO says', async () => {
      const code = codeOf('wscat', 'socketio', ping({ sent_at: NASTY }));
      // The pauses are for the server, which is not there in this test.
      const script = `sleep() { :; }\nwscat() { cat; }\n${code}`;
      const { out, code: exit } = await run('bash', ['-eu'], script, alice.tokens.token);
      const [open, event = ''] = out.trimEnd().split('\n');
      expect([exit, open]).toEqual([0, '40']);
      expect(JSON.stringify(JSON.parse(event.slice(3)))).toBe(
        JSON.stringify(['command', { request_id: 'r1', domain: 'system', command: 'ping', payload: { sent_at: NASTY } }]),
      );
    });
  });
});
