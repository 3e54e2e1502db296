import { javaScriptLiteral, textLiteral } from './literals.js';
import { type SnippetJob, socketIoPlace } from './snippet-job.js';
import type { HttpWire, Wire } from './wire.js';

const TOKEN = 'process.env.TOKEN';
const BEARER = '{ Authorization: `Bearer ${process.env.TOKEN}` }';

/** An ES module for Node 20 and later. */
export function javaScriptSnippet(job: SnippetJob): string {
  const { wire, socketUrl } = job;
  if (wire.kind === 'http' || socketUrl === null) return wire.kind === 'http' ? overHttp(job, wire) : '';
  return wire.kind === 'event' ? overSocketIo(job, wire) : overWebSocket(job, wire, socketUrl);
}

function head(packages: string, withToken: boolean): string {
  const token = withToken ? '// TOKEN in the environment is an access token.\n' : '';
  return `${packages === '' ? '' : `// npm install ${packages}\n`}${token}`;
}

function overHttp({ origin, withToken }: SnippetJob, { method, path, body }: HttpWire): string {
  const headers = [
    ...(withToken ? ['    Authorization: `Bearer ${process.env.TOKEN}`,'] : []),
    ...(body === undefined ? [] : ['    "Content-Type": "application/json",']),
  ];
  const options = [
    `  method: ${textLiteral(method)},`,
    ...(headers.length > 0 ? ['  headers: {', ...headers, '  },'] : []),
    ...(body === undefined ? [] : [`  body: JSON.stringify(${javaScriptLiteral(body, 1)}),`]),
  ];
  return `${head('', withToken)}const response = await fetch(${textLiteral(origin + path)}, {
${options.join('\n')}
});
console.log(response.status, JSON.stringify(await response.json(), null, 2));
`;
}

function overWebSocket({ withToken }: SnippetJob, wire: Wire & { readonly kind: 'frame' }, url: string): string {
  const options = withToken ? `, {\n  headers: ${BEARER},\n}` : '';
  const isAnswer = wire.requestId === null ? '' : `\n  if (frame.request_id === ${textLiteral(wire.requestId)}) socket.close();`;
  return `${head('ws', withToken)}import WebSocket from "ws";

const socket = new WebSocket(${textLiteral(url)}${options});
socket.on("open", () => {
  socket.send(${sent(wire)});
});
socket.on("message", (data) => {
  const frame = JSON.parse(data);
  console.log(JSON.stringify(frame, null, 2));${isAnswer}
});
socket.on("close", (code) => console.log("closed", code));
`;
}

/** Frames that people wrote go as they wrote them. */
const sent = ({ frame, text }: Wire & { readonly kind: 'frame' }): string =>
  frame === null ? textLiteral(text) : `JSON.stringify(${javaScriptLiteral(frame, 1)})`;

function overSocketIo({ origin, withToken }: SnippetJob, { event, argument }: Wire & { readonly kind: 'event' }): string {
  const place = socketIoPlace(origin);
  const options = [
    ...(place.path === null ? [] : [`  path: ${textLiteral(place.path)},\n`]),
    ...(withToken ? [`  auth: { token: ${TOKEN} },\n`] : []),
  ];
  const settings = options.length === 0 ? '' : `, {\n${options.join('')}}`;
  return `${head('socket.io-client', withToken)}import { io } from "socket.io-client";

const socket = io(${textLiteral(place.origin)}${settings});
socket.on("connect_error", (error) => {
  console.error(error.message);
  socket.close();
});
const answer = await socket.emitWithAck(${textLiteral(event)}, ${javaScriptLiteral(argument)});
console.log(JSON.stringify(answer, null, 2));
socket.close();
`;
}
