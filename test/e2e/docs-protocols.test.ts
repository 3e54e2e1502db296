import { readFile } from 'node:fs/promises';
import { io, type Socket } from 'socket.io-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccountsService } from '../../src/auth/accounts.service.js';
import { RecoveryRequests } from '../../src/auth/recovery-requests.js';
import { CORE_ERRORS, CoreError, type ErrorCode } from '../../src/errors/catalogue.js';
import { ErrorFormats } from '../../src/http/error-formats.js';
import { CLOSE } from '../../src/realtime/close-reasons.js';
import { type Block, blocksOf, misfit, tableOf, tablesOf } from '../support/doc-blocks.js';
import { RawSocket } from '../support/raw-socket.js';
import { PASSWORD, TestServer } from '../support/server.js';

const PROTOCOLS = ['game', 'rest', 'mcp', 'messenger', 'socketio'];
const SOCKETS = PROTOCOLS.filter((name) => name !== 'mcp');
const pathOf = (name: string): string => `docs/protocol/${name}.md`;

let server: TestServer;
/** Values that a document has named, such as `<access_token>`. */
let kept: Map<string, string>;
let opened: { close(): unknown }[];

beforeEach(async () => {
  server = await TestServer.start();
  // The documents say that account 1 is the superuser `root`.
  await server.app
    .get(AccountsService)
    .create({ username: 'root', email: 'root@example.com', password: PASSWORD, isSuperuser: true }, null, null);
  kept = new Map([['superuser_token', (await server.client().logIn('root', PASSWORD)).token]]);
  opened = [];
});
afterEach(async () => {
  for (const socket of opened) void socket.close();
  await server.stop();
});

const filled = (text: string): string => text.replaceAll(/<(\w+)>/g, (all, name: string) => kept.get(name) ?? all);

interface Message {
  readonly first: string;
  readonly headers: [string, string][];
  readonly body: string;
}

/** The parts of a printed request or answer. */
function messageOf(text: string): Message {
  const [head = '', body = ''] = text.split(/\n\n([\s\S]*)/);
  const [first = '', ...lines] = head.split('\n');
  return { first, headers: lines.map((line) => line.split(/: (.*)/).slice(0, 2) as [string, string]), body: body.trim() };
}

/** Sends a printed request and compares the answer with the printed one. */
async function replay(request: Block, answer: Block): Promise<string> {
  const { first, headers, body } = messageOf(filled(request.text));
  const [method = '', path = ''] = first.split(' ');
  const real = await server.client().raw(path, { method, headers, ...(body ? { body } : {}) });
  // What was accepted only is worked off later, and what follows may build on it.
  if (real.status === 202) await server.app.get(RecoveryRequests).idle();
  const printed = messageOf(answer.text);
  const status = printed.first.split(' ')[1];
  const wrong = [
    ...(String(real.status) === status ? [] : [`status ${real.status}`]),
    ...printed.headers.flatMap(([name, value]) => misfitOfHeader(name, value, real.headers)),
    printed.body ? misfit(JSON.parse(printed.body), real.body, kept) : '',
  ].filter(Boolean);
  return wrong.length > 0 ? `line ${request.line}, ${first}: ${wrong.join('; ')} (${JSON.stringify(real.body)})` : '';
}

function misfitOfHeader(name: string, printed: string, real: Headers): string[] {
  const values = name.toLowerCase() === 'set-cookie' ? real.getSetCookie() : [real.get(name) ?? ''];
  // A placeholder or an ellipsis stands for a part of the value.
  const escaped = printed.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = new RegExp(`^${escaped.replaceAll(/<\w+>/g, '([^;]+)').replaceAll('…', '.*')}$`);
  const found = values.map((value) => pattern.exec(value)).find(Boolean);
  if (!found) return [`${name} is ${values.join(' | ')}`];
  for (const [index, [, placeholder = '']] of [...printed.matchAll(/<(\w+)>/g)].entries())
    kept.set(placeholder, found[index + 1] ?? '');
  return [];
}

interface Line {
  readonly arrow: string;
  readonly text: string;
}

/** A printed conversation: lines that do not begin with an arrow go on from the one before. */
function linesOf(text: string): Line[] {
  const lines: { arrow: string; text: string }[] = [];
  for (const line of text.split('\n')) {
    const [, arrow, rest = ''] = /^([→←⇐✕]) (.*)$/.exec(line) ?? [];
    const last = lines.at(-1);
    if (arrow) lines.push({ arrow, text: rest });
    else if (last) last.text += line;
  }
  return lines;
}

/** Opens a socket and plays a printed conversation. `✕` is the code with which the server closes it. */
async function converse(block: Block): Promise<string> {
  const { headers, path } = openingOf(block.info);
  const socket = await RawSocket.open(server.wsUrl + path, headers);
  opened.push(socket);
  for (const { arrow, text } of linesOf(block.text)) {
    if (arrow === '→') socket.send(filled(text));
    else if (arrow === '✕') expect(String((await socket.closed).code), `line ${block.line}`).toBe(text);
    else {
      const real: unknown = await socket.next();
      const wrong = misfit(JSON.parse(text), real, kept);
      if (wrong) return `line ${block.line}, ${text}: ${wrong} (${JSON.stringify(real)})`;
    }
  }
  return socket.pending().length > 0 ? `line ${block.line}: more came: ${JSON.stringify(socket.pending())}` : '';
}

/** `/path` or `/path Authorization: Bearer <token>` */
function openingOf(info: string): { path: string; headers: Record<string, string> } {
  const [path = '', header] = filled(info).split(/ (.*)/);
  const [name, value] = header?.split(': ') ?? [];
  return { path, headers: name && value ? { [name]: value } : {} };
}

/** The same over Socket.IO: `→ event data`, `⇐ data` for its acknowledgement, `← event data` for an event of the server. */
async function converseBySocketIo(block: Block): Promise<string> {
  const socket: Socket = io(server.url, { auth: { token: filled(block.info) }, transports: ['websocket'], reconnection: false });
  opened.push(socket);
  const events: [string, unknown][] = [];
  const waiting: ((event: [string, unknown]) => void)[] = [];
  socket.onAny((event: string, data: unknown) => {
    const next = waiting.shift();
    if (next) next([event, data]);
    else events.push([event, data]);
  });
  const nextEvent = (): [string, unknown] | Promise<[string, unknown]> =>
    events.shift() ?? new Promise((resolve) => waiting.push(resolve));
  const lines = linesOf(block.text);
  let answer: Promise<unknown> | undefined;
  for (const [index, { arrow, text }] of lines.entries()) {
    const [event = '', data = ''] = text.split(/ (.*)/);
    if (arrow === '→') {
      const sent: unknown = data ? JSON.parse(filled(data)) : undefined;
      if (lines[index + 1]?.arrow === '⇐') answer = socket.timeout(5000).emitWithAck(event, sent) as Promise<unknown>;
      else socket.emit(event, sent);
      continue;
    }
    const [real, printed] = arrow === '⇐' ? [[await answer], [JSON.parse(text)]] : [await nextEvent(), [event, JSON.parse(data)]];
    const wrong = misfit(printed, real, kept);
    if (wrong) return `line ${block.line}, ${text}: ${wrong} (${JSON.stringify(real)})`;
  }
  return '';
}

describe.each(PROTOCOLS)('what %s.md prints', (name) => {
  it('is what happens', async () => {
    const blocks = await blocksOf(pathOf(name));
    const faults: string[] = [];
    let played = 0;
    for (const [index, block] of blocks.entries()) {
      const next = blocks[index + 1];
      if (block.language === 'http' && !block.text.startsWith('HTTP/') && next) faults.push(await replay(block, next));
      else if (block.language === 'frames')
        faults.push(await (name === 'socketio' ? converseBySocketIo(block) : converse(block)));
      else continue;
      played += 1;
    }
    expect(faults.filter(Boolean)).toEqual([]);
    expect(played).toBeGreaterThan(2);
  });

  it('is the error table of its code', async () => {
    const format = server.app.get(ErrorFormats).of(name);
    const rows = await tableOf(pathOf(name), 'error');
    expect(rows.length).toBeGreaterThan(8);
    const faults = rows.flatMap(([code = '', status, text = '']) => {
      if (!(code in CORE_ERRORS)) return [`${code} is no error`];
      const error = new CoreError(code as ErrorCode);
      const body = JSON.stringify(format.body(error));
      const isSaid = text.includes('…') || body.includes(JSON.stringify(text));
      return String(format.status(error)) === status && isSaid ? [] : [`${code}: ${format.status(error)} ${body}`];
    });
    expect(faults).toEqual([]);
  });
});

describe.each([...SOCKETS, 'README'])('the close codes of %s.md', (name) => {
  it('are those of the code', async () => {
    const rows = (await tableOf(pathOf(name), 'close')).map(([code, reason, again]) => [code, reason, again]);
    const all = Object.values(CLOSE).map(({ code, reason, reconnect }) => [String(code), reason, reconnect ? 'yes' : 'no']);
    // A protocol lists those that it can see, in their order; the common page lists them all.
    const wanted = name === 'README' ? all : all.filter(([code]) => rows.some(([listed]) => listed === code));
    expect(rows).toEqual(wanted);
    expect(rows.length).toBeGreaterThan(6);
  });
});

describe('messenger.md', () => {
  it('prints how an upgrade is refused', async () => {
    const printed = /upgrade that is refused[^`]*`([^`]+)`/.exec(await readFile(pathOf('messenger'), 'utf8'))?.[1] ?? 'null';
    const { status, body } = await RawSocket.refused(`ws://127.0.0.1:${server.port}/?token=none`);
    expect(status).toBe(401);
    expect(misfit(JSON.parse(printed), body)).toBe('');
  });
});

describe('the commands of the common page', () => {
  it('are those that there are', async () => {
    const { body } = await server.client().post('/api/v1/commands/system/commands', {});
    const real = body.data.commands.map(({ command, access }: { command: string; access: string }) => [command, access]);
    const tables = await tablesOf(pathOf('README'));
    const listed = tables.find(([head]) => head?.[0] === 'command')?.slice(1);
    expect(listed?.map(([command, access]) => [command, access])).toEqual(real);
  });

  it('weigh what the table of weights says', async () => {
    const { body } = await server.client().post('/api/v1/commands/system/commands', {});
    const commands = body.data.commands as { command: string; weight: number; weight_by?: string }[];
    const heavy = commands.filter(({ weight, weight_by: by }) => weight > 1 || by !== undefined);
    const real = heavy.map(({ command, weight, weight_by: by }) => [command, by ?? `${weight} frames`]);
    const tables = await tablesOf(pathOf('README'));
    expect(tables.find(([head]) => head?.[1] === 'weighs')?.slice(1)).toEqual(real);
  });
});
