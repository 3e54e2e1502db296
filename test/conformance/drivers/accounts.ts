import type { Answer, Parsed } from '../../support/http-client.js';
import type { TestServer } from '../../support/server.js';
import type { AccountDriver, AccountProtocol, Fields, Outcome } from './driver.js';

interface Http {
  readonly protocol: AccountProtocol;
  readonly nameField: 'username' | 'login';
  readonly register: string;
  readonly logIn: string;
  tokenOf(body: Parsed): string | null;
}

const outcomeOf = ({ tokenOf }: Http, { status, body, headers }: Answer<Parsed>): Outcome => ({
  status,
  body,
  headers,
  token: status === 200 ? (tokenOf(body) ?? null) : null,
});

/** Fields under the names of the protocol; those that are undefined are left out, as JSON does. */
const named = (nameField: string, { username, ...rest }: Fields) => ({ [nameField]: username, ...rest });

function httpDriver(http: Http): AccountDriver {
  const { protocol, nameField, register, logIn } = http;
  return {
    protocol,
    nameField,
    register: async (server, fields) => outcomeOf(http, await server.client().post(register, named(nameField, fields))),
    logIn: async (server, fields) => outcomeOf(http, await server.client().post(logIn, named(nameField, fields))),
    sendRaw: async (server, body, contentType = 'application/json') =>
      outcomeOf(
        http,
        await server.client().raw(logIn, { method: 'POST', body: body as string, headers: { 'content-type': contentType } }),
      ),
  };
}

async function messengerAsk(server: TestServer, frame: string | Buffer): Promise<Outcome> {
  const socket = await server.socket('/');
  const body = await socket.ask(frame);
  await socket.close();
  return { status: body.status, body, headers: null, token: body.token ?? null };
}

const messenger: AccountDriver = {
  protocol: 'messenger',
  nameField: 'username',
  register: (server, fields) => messengerAsk(server, JSON.stringify({ mode: 'register', timestamp: 1735689600, ...fields })),
  logIn: (server, fields) => messengerAsk(server, JSON.stringify({ mode: 'auth', timestamp: 1735689600, ...fields })),
  sendRaw: messengerAsk,
};

/** Every protocol through which people register and log in, as its document prints it. */
export const ACCOUNT_DRIVERS: readonly AccountDriver[] = [
  httpDriver({
    protocol: 'game',
    nameField: 'username',
    register: '/auth/register',
    logIn: '/auth/login',
    tokenOf: (body) => body.data.token,
  }),
  httpDriver({
    protocol: 'rest',
    nameField: 'username',
    register: '/api/v1/auth/register',
    logIn: '/api/v1/auth/login',
    tokenOf: (body) => body.access_token,
  }),
  httpDriver({ protocol: 'mcp', nameField: 'login', register: '/register', logIn: '/auth', tokenOf: (body) => body.token }),
  messenger,
];
