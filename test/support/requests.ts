import type { Asked, DescribedProtocol, Frame } from './asyncapi.js';
import type { Parsed } from './http-client.js';
import type { Line } from './lines.js';
import { until } from './until.js';

/** Fields that say which request it is; everything else is its payload. */
const FRAMING = new Set(['type', 'v', 'mode', 'domain', 'command', 'request_id', 'timestamp', 'content_type']);

export type Path = readonly (string | number)[];

/** Where the texts of a value are that a client may choose. */
export function textsIn(value: unknown, at: Path = []): Path[] {
  if (typeof value === 'string') return [at];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    FRAMING.has(key) ? [] : textsIn(part, [...at, Array.isArray(value) ? Number(key) : key]),
  );
}

/** A copy with another value at a place. */
export function withValue(value: Parsed, [key, ...rest]: Path, given: unknown): Parsed {
  if (key === undefined) return given;
  const copy = Array.isArray(value) ? [...value] : { ...value };
  copy[key] = withValue(copy[key], rest, given);
  return copy;
}

/** Values for the examples' fields of these names, so that what an example names exists. */
export type World = Readonly<Record<string, unknown>>;

/** The example of a request, as it goes over a socket. */
export function exampleOf({ request }: Asked, world: World = {}): Frame {
  const [example] = request.examples;
  if (!example) throw new Error(`${request.name} has no example`);
  return { ...example.headers, frame: inWorld(example.payload, world) };
}

function inWorld(value: Parsed, world: World): Parsed {
  if (Array.isArray(value)) return value.map((item: unknown) => inWorld(item, world));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, key in world ? world[key] : inWorld(part, world)]));
}

/** Sends a request and gives the first frame that answers one: its answer, its fault, or the error of a bad frame. */
export async function answerTo(line: Line, protocol: DescribedProtocol, asked: Asked, frame: Frame): Promise<Frame> {
  const from = line.heard.length;
  const names = [asked.answer, asked.fault, ...(protocol.told.includes('error') ? ['error'] : [])];
  line.send(frame);
  return until(() => line.heard.slice(from).find((heard) => names.some((name) => protocol.faultsOf(name, heard) === '')));
}

/** What came of a request, in one word of its protocol: `ok`, a code of the catalogue, or a status. */
export function outcomeOf({ frame }: Frame): string {
  if (typeof frame.status === 'number') return String(frame.status);
  return String(frame.code ?? frame.data?.code ?? 'ok');
}
