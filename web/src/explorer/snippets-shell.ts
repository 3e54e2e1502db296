import { shellQuoted } from './literals.js';
import type { SnippetJob } from './snippet-job.js';
import type { HttpWire, Wire } from './wire.js';

const TOKEN_HINT = '# TOKEN is an access token: export TOKEN=…\n';
const BEARER = '"Authorization: Bearer $TOKEN"';

/** Seconds to wait for the answer. */
const WAIT_SEC = 2;

/** A request over HTTP. */
export function curlSnippet({ origin, withToken, wire }: SnippetJob, http: HttpWire): string {
  const lines = [
    `curl -sS -X ${http.method} ${shellQuoted(origin + http.path)}`,
    ...(withToken ? [`-H ${BEARER}`] : []),
    // What begins with @ would be the name of a file to `-d`.
    ...(http.body === undefined
      ? []
      : ["-H 'Content-Type: application/json'", `--data-raw ${shellQuoted(JSON.stringify(http.body))}`]),
  ];
  const note = wire.kind === 'http' ? '' : '# curl speaks HTTP, not to sockets: the same command over HTTP\n';
  return `${withToken ? TOKEN_HINT : ''}${note}${lines.join(' \\\n  ')}\n`;
}

/** A frame by wscat 6 (npm install -g wscat). */
export function wscatSnippet({ withToken, wire }: SnippetJob, url: string): string {
  const hint = withToken ? TOKEN_HINT : '';
  const header = withToken ? [`-H ${BEARER}`] : [];
  if (wire.kind === 'event') return hint + socketIoByHand(url, wire, header);
  const text = wire.kind === 'frame' ? wire.text : '';
  const lines = [`wscat -c ${shellQuoted(url)}`, ...header, `-x ${shellQuoted(text)}`, `-w ${WAIT_SEC}`];
  return `${hint}${lines.join(' \\\n  ')}\n`;
}

/** wscat knows nothing of Socket.IO: 40 opens its namespace, 42 is an event, 0 the number of its acknowledgement (43). */
function socketIoByHand(url: string, { event, argument }: Wire & { readonly kind: 'event' }, header: readonly string[]): string {
  const lines = [
    '# Socket.IO by hand: 40 opens the namespace, 420 is an event that wants an acknowledgement, which comes as 430',
    '(sleep 1; echo 40; sleep 1',
    `  printf '%s\\n' ${shellQuoted(`420${JSON.stringify([event, argument])}`)}`,
    `  sleep ${WAIT_SEC}) |`,
  ];
  const command = [`wscat -c ${shellQuoted(`${url}?EIO=4&transport=websocket`)}`, ...header];
  return `${lines.join('\n')}\n  ${command.join(' ')}\n`;
}
