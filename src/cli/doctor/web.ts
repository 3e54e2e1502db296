import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Settings } from '../../config/settings.js';
import { codeOf, reasonOf } from '../../errors/thrown.js';
import { visible } from '../print.js';
import { type Finding, fault, ok, type Look, warning } from './finding.js';
import { checkOwnPages } from './own-pages.js';

const PORT = 'port';
const PUBLIC = 'public address';
const PROXY = 'proxy';
const LOCAL = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

const hostFor = (host: string): string => {
  if (['0.0.0.0', '::', 'localhost'].includes(host)) return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
};

/** Whether the port is free, or our server has it. */
export const checkPort =
  ({ HOST, PORT: port }: Pick<Settings, 'HOST' | 'PORT'>): Look =>
  async (signal) => {
    if (port === 0) return [ok(PORT, 'PORT=0: the system gives the server one')];
    const place = `${HOST}:${port}`;
    const thrown = await bindingFault(HOST, port);
    if (thrown === undefined) return [ok(PORT, `${place} is free`)];
    const code = codeOf(thrown);
    // A port that is not for this user may be for the one that runs the server.
    const readiness = TAKEN.has(code) ? await readinessAt(`http://${hostFor(HOST)}:${port}`, signal) : undefined;
    if (readiness) return [ofServer(place, readiness)];
    if (code === 'EADDRINUSE') return [fault(PORT, `${place} is another program's`, 'Stop that program, or set PORT.')];
    const mend = LISTEN_MENDS[code] ?? 'Set HOST and PORT to where the server may listen.';
    return [fault(PORT, `${place} cannot be had: ${reasonOf(thrown)}`, mend)];
  };

const TAKEN = new Set(['EADDRINUSE', 'EACCES']);

function ofServer(place: string, { status, checks }: Readiness): Finding {
  if (status === 'ok') return ok(PORT, `Switchboard runs at ${place} and is ready`);
  const down = Object.keys(checks).filter((name) => checks[name] !== 'up');
  const found = `Switchboard runs at ${place}, but is not ready (${visible(down.join(', ') || String(status))})`;
  return fault(PORT, found, 'Mend what is down; the server is ready again by itself.');
}

interface Readiness {
  readonly status: unknown;
  readonly checks: Readonly<Record<string, unknown>>;
}

/** What our server says there; undefined where it is none of ours, or speaks no HTTP. */
async function readinessAt(url: string, signal: AbortSignal): Promise<Readiness | undefined> {
  try {
    const answer = await fetch(`${url}/health/ready`, { signal, redirect: 'manual' });
    return readinessOf(await answer.text());
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

function readinessOf(text: string): Readiness | undefined {
  try {
    const { status, checks } = JSON.parse(text) as Partial<Readiness>;
    if (!['ok', 'error', 'shutting_down'].includes(String(status)) || typeof checks !== 'object') return undefined;
    return { status, checks };
  } catch {
    return undefined;
  }
}

const LISTEN_MENDS: Readonly<Record<string, string>> = {
  EACCES: 'Set PORT to 1024 or above; a proxy in front can listen on 80 and 443.',
  EADDRNOTAVAIL: 'Set HOST to an address of this machine, or to 0.0.0.0.',
  ENOTFOUND: 'Set HOST to a name or an address of this machine.',
};

/** What keeps the server from listening there, as it would; undefined where nothing does. */
async function bindingFault(host: string, port: number): Promise<unknown> {
  const isLocal = host === 'localhost';
  try {
    await bind(isLocal ? '127.0.0.1' : host, port);
    // A machine without IPv6 is no fault.
    if (isLocal)
      await bind('::1', port).catch((thrown: unknown) => throwUnless(thrown, 'EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'));
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}

async function bind(host: string, port: number): Promise<void> {
  const server = createServer();
  try {
    server.listen({ host, port, ipv6Only: host === '::1' });
    await once(server, 'listening');
  } finally {
    server.close();
  }
}

function throwUnless(thrown: unknown, ...codes: readonly string[]): void {
  if (!codes.includes(codeOf(thrown))) throw thrown;
}

type WebSettings = Pick<Settings, 'PUBLIC_URL' | 'NODE_ENV' | 'PORT' | 'TRUST_PROXY' | 'PROTOCOLS'>;

/** Whether links in mails can be opened by those who get them. */
export const checkPublicUrl =
  ({ PUBLIC_URL: url, NODE_ENV, PORT: port, PROTOCOLS }: WebSettings): Look =>
  async (signal) => {
    const findings: Finding[] = [];
    if (!PROTOCOLS.includes('rest')) {
      const found = 'PROTOCOLS leaves rest out, and with it the page that mails about lost passwords lead to';
      findings.push(warning(PUBLIC, found, 'Add rest to PROTOCOLS.'));
    }
    if (url === undefined) {
      const found = `no PUBLIC_URL: links in mails lead to http://localhost:${port}, and any name that leads here counts as the server's own`;
      const mend = 'Set PUBLIC_URL to the address at which people reach the server.';
      return [...findings, NODE_ENV === 'production' ? warning(PUBLIC, found, mend) : ok(PUBLIC, found)];
    }
    const { protocol, hostname, host } = new URL(url);
    if (protocol === 'http:' && !LOCAL.test(hostname)) {
      const found = `${host} is without TLS: passwords and tokens can be read on the way`;
      findings.push(
        warning(PUBLIC, found, 'Put a proxy with TLS in front (docs/operations.md), and write https:// in PUBLIC_URL.'),
      );
    }
    const server = url.replace(/\/+$/, '');
    const reached = await reach(server, signal);
    const pages = reached.level === 'ok' ? await checkOwnPages(server, { PROTOCOLS }, signal) : [];
    return [...findings, reached, ...pages];
  };

/** What answers there in plain HTTP. */
const NO_TLS = /^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)$/;
const CERTIFICATE = /CERT|SSL|TLS|SIGNATURE|ISSUER/;

async function reach(url: string, signal: AbortSignal): Promise<Finding> {
  const { host } = new URL(url);
  try {
    const answer = await fetch(`${url}/health/live`, { signal });
    const text = (await answer.text()).trim();
    if (answer.status === 200 && text === '{"status":"ok"}') return ok(PUBLIC, `Switchboard answers at ${url}`);
    const mend = 'Start the server, point the proxy at it, and ask again.';
    return warning(PUBLIC, `${host} answers ${answer.status}, and is not Switchboard`, mend);
  } catch (thrown) {
    signal.throwIfAborted();
    const { cause } = thrown as Error;
    if (NO_TLS.test(codeOf(cause))) {
      const mend = 'Put the address of the proxy with TLS into PUBLIC_URL, or write http:// in it.';
      return fault(PUBLIC, `${host} answers, but not with TLS`, mend);
    }
    const found = `${host} cannot be reached from here: ${reasonOf(cause ?? thrown)}`;
    if (CERTIFICATE.test(codeOf(cause)))
      return fault(PUBLIC, found, 'Mend the certificate of the proxy: clients refuse it, too.');
    return warning(PUBLIC, found, 'Start the server, mend the name or the firewall, and ask again; or ask from outside.');
  }
}

/** Whether the server sees the addresses of its clients, and believes only the proxy. */
export function checkProxy({ PUBLIC_URL, TRUST_PROXY: trusted }: WebSettings): Finding {
  if (trusted === true) {
    const found = 'TRUST_PROXY=true: every client can choose the address that it is limited by';
    return warning(PROXY, found, 'Name the addresses of the proxy in TRUST_PROXY, such as loopback.');
  }
  const isBehind = PUBLIC_URL?.startsWith('https:') === true;
  if (isBehind && trusted === false) {
    const found =
      'PUBLIC_URL is https, so there is a proxy in front, and TRUST_PROXY does not name it: all clients share its limits';
    return warning(PROXY, found, 'Set TRUST_PROXY to the address of the proxy, such as loopback.');
  }
  return ok(PROXY, trusted === false ? 'none is believed' : `believed: ${Array.isArray(trusted) ? trusted.join(', ') : trusted}`);
}
