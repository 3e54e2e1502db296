import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';

/** A mail as its reader sees it. */
export interface ReadMail {
  /** Envelope recipients; of a file those of its `To`. */
  readonly recipients: readonly string[];
  readonly headers: ReadonlyMap<string, string>;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly raw: string;
}

const unfold = (headers: string): string => headers.replace(/\r?\n[ \t]+/g, ' ');

function decodeWords(text: string): string {
  return text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([BQ])\?([^?]*)\?=/gi, (_, kind: string, content: string) =>
      kind.toUpperCase() === 'B'
        ? Buffer.from(content, 'base64').toString('latin1')
        : content
            .replaceAll('_', ' ')
            .replace(/=([0-9A-F]{2})/gi, (__, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    );
}

/** Encoded words may be cut within a character, so bytes are put together first. */
const decodeHeader = (text: string): string => Buffer.from(decodeWords(text), 'latin1').toString('utf8');

function headersOf(block: string): Map<string, string> {
  const lines = unfold(block).split(/\r?\n/);
  return new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
}

function decodeBody(body: string, encoding: string | undefined): string {
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding !== 'quoted-printable') return body;
  const bytes = body
    .replace(/=\r?\n/g, '')
    .replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** Takes a multipart/alternative mail apart. */
function readMail(raw: string, recipients?: readonly string[]): ReadMail {
  const [head = '', ...rest] = raw.split(/\r\n\r\n/);
  const headers = headersOf(head);
  const boundary = /boundary="([^"]+)"/.exec(headers.get('content-type') ?? '')?.[1] ?? '';
  const parts = rest
    .join('\r\n\r\n')
    .split(`--${boundary}`)
    .slice(1, -1)
    .map((part) => {
      const [partHead = '', ...body] = part.trimStart().split(/\r\n\r\n/);
      const partHeaders = headersOf(partHead);
      return {
        type: partHeaders.get('content-type') ?? '',
        text: decodeBody(body.join('\r\n\r\n'), partHeaders.get('content-transfer-encoding')),
      };
    });
  const partOf = (type: string): string => parts.find((part) => part.type.startsWith(type))?.text ?? '';
  return {
    recipients: recipients ?? [headers.get('to') ?? ''],
    headers,
    subject: decodeHeader(headers.get('subject') ?? ''),
    text: partOf('text/plain'),
    html: partOf('text/html'),
    raw,
  };
}

/** The mails in an outbox, oldest first, with the modes of their files. */
export async function readOutbox(dataDir: string): Promise<(ReadMail & { readonly name: string; readonly mode: number })[]> {
  const folder = join(dataDir, 'outbox');
  const names = await readdir(folder).catch(() => []);
  const mails = names
    .filter((name) => name.endsWith('.eml'))
    .map(async (name) => {
      const path = join(folder, name);
      const { mode, mtimeMs } = await stat(path);
      return { ...readMail(await readFile(path, 'latin1')), name, mode: mode & 0o777, at: mtimeMs };
    });
  return (await Promise.all(mails)).sort((a, b) => a.at - b.at);
}

/** A mail server on a free port that keeps what it is given. */
export class TestSmtp {
  readonly mails: ReadMail[] = [];
  /** How often it was asked to take a mail. */
  attempts = 0;
  /** So many of the next mails are refused for the time being. */
  refusals = 0;
  private readonly server: SMTPServer;
  private port = 0;

  private constructor() {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.attempts += 1;
          if (this.refusals > 0) {
            this.refusals -= 1;
            callback(Object.assign(new Error('Try again later'), { responseCode: 451 }));
            return;
          }
          const recipients = session.envelope.rcptTo.map(({ address }) => address);
          this.mails.push(readMail(Buffer.concat(chunks).toString('latin1'), recipients));
          callback();
        });
      },
    });
    this.server.on('error', () => undefined);
  }

  static async start(): Promise<TestSmtp> {
    const smtp = new TestSmtp();
    await new Promise<void>((resolve) => void smtp.server.listen(0, '127.0.0.1', resolve));
    const address = smtp.server.server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    smtp.port = address.port;
    return smtp;
  }

  /** For SMTP_URL. */
  get url(): string {
    return `smtp://127.0.0.1:${this.port}`;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => this.server.close(() => resolve()));
  }
}
