import { messengerRequest } from './messenger-wires.js';
import type { Protocol } from './protocols.js';
import type { HttpWire, Json, JsonObject, Request, Wire, WireNote } from './wire.js';

/** The request of the command over HTTP, which every token opens. */
export function httpWire({ command, payload, liveOnly }: Request, notes: readonly WireNote[]): HttpWire {
  const [domain = '', name = ''] = command.split('.', 2);
  return {
    kind: 'http',
    method: 'POST',
    path: `/api/v1/commands/${encodeURIComponent(domain)}/${encodeURIComponent(name)}`,
    body: payload,
    notes: liveOnly ? [...notes, 'liveOnly'] : notes,
    requestId: null,
  };
}

function commandFrame({ command, payload, requestId }: Request): JsonObject {
  const [domain = '', name = ''] = command.split('.', 2);
  return { type: 'command', v: 1, request_id: requestId, domain, command: name, payload };
}

/** How a command looks in a protocol. */
export function wireOf(protocol: Protocol, request: Request): Wire {
  const { requestId } = request;
  switch (protocol) {
    case 'game':
    case 'rest': {
      const frame = commandFrame(request);
      return { kind: 'frame', text: JSON.stringify(frame), frame, notes: [], requestId };
    }
    case 'socketio': {
      const { type: _type, v: _v, ...argument } = commandFrame(request);
      return { kind: 'event', event: 'command', argument, notes: [], requestId };
    }
    case 'messenger': {
      const found = messengerRequest(request);
      if (!found) return httpWire(request, ['messengerLacks']);
      return { kind: 'frame', text: JSON.stringify(found.frame), frame: found.frame, notes: found.notes, requestId };
    }
    case 'mcp':
      return httpWire(request, ['mcpHttp']);
  }
}

/** A request over HTTP as people write it: the method and the path, then the body. */
export function httpText(method: string, path: string, body: Json | undefined, indent?: number): string {
  return body === undefined ? `${method} ${path}` : `${method} ${path}\n${JSON.stringify(body, null, indent)}`;
}

/** What is shown of a wire. */
export function wireText(wire: Wire, indent?: number): string {
  switch (wire.kind) {
    case 'frame':
      return wire.frame === null ? wire.text : JSON.stringify(wire.frame, null, indent);
    case 'event':
      return JSON.stringify([wire.event, wire.argument], null, indent);
    case 'http':
      return httpText(wire.method, wire.path, wire.body, indent);
  }
}
