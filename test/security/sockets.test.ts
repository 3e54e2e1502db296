import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Asked, asyncApiOf, type DescribedProtocol, type Frame, protocolsOf } from '../support/asyncapi.js';
import { makeGroup } from '../support/chats.js';
import { ODD_TEXTS, SLOW_TEXTS, SQL_TEXTS } from '../support/corpora.js';
import { EngineWebSocket } from '../support/engine-io.js';
import { type Line, openLine } from '../support/lines.js';
import { NO_QUOTAS } from '../support/quotas.js';
import { answerTo, exampleOf, outcomeOf, type Path, textsIn, withValue, type World } from '../support/requests.js';
import { type Account, TestServer } from '../support/server.js';

/** The protocols that have sockets; every request of theirs is taken from their description. */
const PROTOCOLS = ['game', 'rest', 'messenger', 'socketio'];
/** What a request says that was not carried out because of its form. */
const REFUSED = ['invalid_payload', 'bad_frame', '400'];
/** What it says that came too often, whatever it said. */
const COUNTED = ['too_many_requests', '429'];

let server: TestServer;
let user: Account;
let world: World;
let described: Map<string, DescribedProtocol>;
beforeAll(async () => {
  server = await TestServer.start({ variables: NO_QUOTAS });
  // A superuser, for whom there are commands that nobody else may run.
  user = await server.user({ isSuperuser: true });
  const other = await server.user();
  const chat = await makeGroup(server.database.url, [user.id, other.id]);
  world = { chat_id: chat, seq: 1, members: [other.username], user_id: other.id };
  await user.client.post(`/api/v1/chats/${chat}/messages`, { content: 'text' });
  described = protocolsOf(await asyncApiOf(server));
});
afterAll(() => server.stop());

const protocolOf = (name: string): DescribedProtocol => {
  const found = described.get(name);
  if (!found) throw new Error(`the document says nothing of ${name}`);
  return found;
};

/** One field of a request that takes text, and a connection of its own to send it over. */
interface Field {
  readonly name: string;
  send(text: string): Promise<Frame>;
}

/** Runs something for every field of every request that takes text. */
async function forEachField(name: string, run: (field: Field) => Promise<void>): Promise<void> {
  const protocol = protocolOf(name);
  for (const asked of protocol.asked) {
    for (const path of textsIn(exampleOf(asked).frame)) {
      const line = await openLine(server, name, user.tokens.token);
      await run(fieldOf(line, protocol, asked, path));
      await line.close();
    }
  }
}

let sent = 0;

function fieldOf(line: Line, protocol: DescribedProtocol, asked: Asked, path: Path): Field {
  const example = exampleOf(asked, path[0] === 'token' ? world : { ...world, token: user.tokens.token });
  const send = (text: string): Promise<Frame> => {
    const frame = withValue(example.frame, path, text);
    // Another text under the same id would be a conflict.
    if (path.at(-1) !== 'client_msg_id' && 'client_msg_id' in frame) frame.client_msg_id = `message-${(sent += 1)}`;
    return answerTo(line, protocol, asked, { ...example, frame });
  };
  return { name: `${asked.name} ${path.join('.')}`, send };
}

describe.each(PROTOCOLS)('a request over a socket of %s', (name) => {
  it('is refused with NUL or a lone surrogate in any of its texts, or gives it back unchanged', { timeout: 60_000 }, async () => {
    let fields = 0;
    await forEachField(name, async (field) => {
      fields += 1;
      for (const text of ['before\0after', 'before\ud800after', 'before\udc00after']) {
        const answer = await field.send(text);
        const outcome = outcomeOf(answer);
        const isSame = JSON.stringify(answer.frame).includes(JSON.stringify(text));
        expect(isSame || [...REFUSED, '401', '403'].includes(outcome), `${field.name}: ${outcome}`).toBe(true);
      }
    });
    expect(fields).toBeGreaterThan(10);
  });

  it('takes SQL in any of its texts for text and nothing else', { timeout: 60_000 }, async () => {
    await forEachField(name, async (field) => {
      // Twice: what is made by the first is a conflict for the second.
      const harmless = [outcomeOf(await field.send('some words')), outcomeOf(await field.send('some words'))];
      for (const text of SQL_TEXTS) {
        const from = performance.now();
        const outcome = outcomeOf(await field.send(text));
        expect([...harmless, ...REFUSED, ...COUNTED], `${field.name} ${text}`).toContain(outcome);
        expect(performance.now() - from, `${field.name} ${text}`).toBeLessThan(2_500);
      }
    });
  });

  it('is answered within 50 ms with 50 kB in any of its texts that slow a pattern down', { timeout: 60_000 }, async () => {
    await forEachField(name, async (field) => {
      for (const [at, text] of SLOW_TEXTS.entries()) {
        let quickest = Number.POSITIVE_INFINITY;
        // A pause of the machine is not the pattern's: what is slow is slow every time.
        for (let round = 0; round < 10 && quickest >= 50; round += 1) {
          const from = performance.now();
          await field.send(text);
          quickest = Math.min(quickest, performance.now() - from);
        }
        expect(quickest, `${field.name} with text ${at}`).toBeLessThan(50);
      }
    });
  });
});

describe('of a key that a frame has twice', () => {
  const twice = '"request_id":"first","request_id":"last","domain":"nobody","domain":"system","command":"dance","command":"ping"';

  it.each(['/v1/connect', '/ws/twice'])('the last one counts on %s', async (path) => {
    const socket = await server.socket(path, { authorization: `Bearer ${user.tokens.token}` });
    socket.send(`{"type":"chat","type":"command","v":2,"v":1,${twice}}`);
    expect(await socket.nextThat(({ type }) => type === 'response')).toMatchObject({ request_id: 'last', success: true });
    await socket.close();
  });

  it('the last one counts over messenger', async () => {
    const socket = await server.socket('/');
    const frame = '{"mode":"auth","request_id":1,"request_id":2,"mode":"getChats"}';
    expect(await socket.ask(frame)).toMatchObject({ mode: 'getChats', request_id: 2, status: 401 });
    await socket.close();
  });

  it('the last one counts over Socket.IO', async () => {
    const socket = await EngineWebSocket.open(server, user.tokens.token);
    socket.send(`421["command",{${twice}}]`);
    expect(await socket.nextThat((packet) => packet.startsWith('431['))).toContain('"request_id":"last","success":true');
    socket.destroy();
  });
});

/** The requests that say something in a chat. */
const SAYING = new Set(['chat.send', 'chat.say', 'sendGroupMessage']);

describe.each(PROTOCOLS)('a message over %s', (name) => {
  it('keeps every character of its text, whatever a terminal or a parser makes of it', async () => {
    const protocol = protocolOf(name);
    const line = await openLine(server, name, user.tokens.token);
    const texts = ODD_TEXTS.map((text) => `before${text}after`);
    for (const asked of protocol.asked.filter((one) => SAYING.has(one.name))) {
      const [path = []] = textsIn(exampleOf(asked).frame).filter((at) => ['content', 'message'].includes(String(at.at(-1))));
      const field = fieldOf(line, protocol, asked, path);
      for (const text of texts) expect(['ok', '200']).toContain(outcomeOf(await field.send(text)));
      const { body } = await user.client.get(`/api/v1/chats/${String(world['chat_id'])}/messages?limit=${texts.length}`);
      expect(body.messages.map(({ content }: { content: string }) => content)).toEqual(texts);
    }
    await line.close();
  });
});
