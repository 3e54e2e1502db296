import { once } from 'node:events';
import { connect } from 'node:net';

const DEADLINE_MS = 10_000;

/** One answer of a pipeline. */
export interface PipelinedAnswer {
  readonly status: number;
  /** The server closes the connection behind it. */
  readonly isLast: boolean;
}

/** Takes the answer that `bytes` begins with. @returns undefined where it is not whole; its length besides */
function answerIn(bytes: Buffer): (PipelinedAnswer & { readonly length: number }) | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const head = bytes.subarray(0, end).toString('latin1');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]);
  const size = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const length = end + 4 + size;
  if (bytes.length < length) return undefined;
  return { status, isLast: /^connection: *close/im.test(head), length };
}

/**
 * Sends requests one behind the other over one connection, in pieces that know nothing of where they begin.
 * @param cuts where the bytes are cut, as parts of their length
 * @returns the answers in order: as many as requests, or fewer if one of them ended the connection
 */
export async function pipeline(port: number, requests: readonly Buffer[], cuts: readonly number[]): Promise<PipelinedAnswer[]> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  const answers: PipelinedAnswer[] = [];
  let received: Buffer = Buffer.alloc(0);
  const done = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(new Error(`${answers.length} of ${requests.length} requests were answered`)),
      DEADLINE_MS,
    );
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    socket.on('data', (part: Buffer) => {
      received = Buffer.concat([received, part]);
      for (let next = answerIn(received); next; next = answerIn(received)) {
        answers.push(next);
        received = received.subarray(next.length);
      }
      if (answers.length === requests.length) end();
    });
    socket.on('error', () => undefined);
    socket.on('close', end);
  });
  await once(socket, 'connect');
  const bytes = Buffer.concat(requests);
  const places = [0, ...cuts.map((cut) => Math.floor(cut * bytes.length)).sort((a, b) => a - b), bytes.length];
  for (let at = 1; at < places.length; at += 1) if (socket.writable) socket.write(bytes.subarray(places[at - 1], places[at]));
  await done;
  socket.destroy();
  return answers;
}
