import { pythonLiteral, textLiteral } from './literals.js';
import { type SnippetJob, socketIoPlace } from './snippet-job.js';
import type { HttpWire, Wire } from './wire.js';

const TOKEN = 'os.environ["TOKEN"]';
const BEARER = '{"Authorization": f"Bearer {os.environ[\'TOKEN\']}"}';

/** A program for Python 3.9 and later. */
export function pythonSnippet(job: SnippetJob): string {
  const { wire, socketUrl } = job;
  if (wire.kind === 'http' || socketUrl === null) return wire.kind === 'http' ? overHttp(job, wire) : '';
  return wire.kind === 'event' ? overSocketIo(job, wire) : overWebSocket(job, wire, socketUrl);
}

function head(packages: string, withToken: boolean, modules: readonly string[]): string {
  const token = withToken ? '# TOKEN in the environment is an access token.\n' : '';
  const imports = [...modules, ...(withToken ? ['os'] : [])].sort().map((name) => `import ${name}\n`);
  return `# pip install ${packages}\n${token}${imports.join('')}\n`;
}

function overHttp({ origin, withToken }: SnippetJob, { method, path, body }: HttpWire): string {
  const headers = withToken ? `\n    headers=${BEARER},` : '';
  const json = body === undefined ? '' : `\n    json=${pythonLiteral(body, 1)},`;
  return `${head('requests', withToken, ['json'])}import requests

response = requests.request(
    ${textLiteral(method)},
    ${textLiteral(origin + path)},${headers}${json}
    timeout=10,
)
print(response.status_code, json.dumps(response.json(), indent=2))
`;
}

function overWebSocket(
  { withToken }: SnippetJob,
  { frame, text, requestId }: Wire & { readonly kind: 'frame' },
  url: string,
): string {
  const address = withToken ? `${textLiteral(`${url}?token=`)} + ${TOKEN}` : textLiteral(url);
  const sent = frame === null ? textLiteral(text) : `json.dumps(${pythonLiteral(frame, 2)})`;
  const isAnswer =
    requestId === null ? '' : `\n            if frame.get("request_id") == ${textLiteral(requestId)}:\n                break`;
  return `${head('websockets', withToken, ['asyncio', 'json'])}import websockets


async def main():
    async with websockets.connect(${address}) as socket:
        await socket.send(${sent})
        async for data in socket:
            frame = json.loads(data)
            print(json.dumps(frame, indent=2))${isAnswer}


asyncio.run(main())
`;
}

function overSocketIo({ origin, withToken }: SnippetJob, { event, argument }: Wire & { readonly kind: 'event' }): string {
  const place = socketIoPlace(origin);
  const path = place.path === null ? '' : `, socketio_path=${textLiteral(place.path)}`;
  const auth = withToken ? `, auth={"token": ${TOKEN}}` : '';
  return `${head('"python-socketio[client]"', withToken, ['json'])}import socketio

client = socketio.Client()
client.connect(${textLiteral(place.origin)}${auth}${path})
answer = client.call(${textLiteral(event)}, ${pythonLiteral(argument)})
print(json.dumps(answer, indent=2))
client.disconnect()
`;
}
