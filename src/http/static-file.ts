import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

interface Version {
  readonly body: Buffer;
  readonly tag: string;
}

interface Loaded {
  readonly plain: Version;
  readonly packed: Version;
}

export interface StaticFileOptions {
  /** The content type. */
  readonly type: string;
  /** Called once, when somebody first asks. */
  read(): Promise<string | Buffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * A file of ours that is served out of memory: read on first use, compressed for who takes that, and with an ETag by which
 * browsers ask whether it is still the same, so that after an upgrade no old script meets a new page.
 */
export class StaticFile {
  private loading: Promise<Loaded> | undefined;

  constructor(private readonly options: StaticFileOptions) {}

  async send(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const { plain, packed } = await this.load();
    const version = takesGzip(request.headers['accept-encoding']) ? packed : plain;
    // Added to what is there: what CORS says depends on the origin, too.
    const vary = [reply.getHeader('vary'), 'Accept-Encoding'].filter(Boolean).join(', ');
    void reply.headers({ 'cache-control': 'no-cache', vary, etag: version.tag, ...this.options.headers });
    if (isFresh(request.headers['if-none-match'], version.tag)) {
      void reply.status(304).send();
      return;
    }
    if (version === packed) void reply.header('content-encoding', 'gzip');
    void reply.type(this.options.type).send(version.body);
  }

  private load(): Promise<Loaded> {
    this.loading ??= this.prepare().catch((error: unknown) => {
      // The next request tries again.
      this.loading = undefined;
      throw error;
    });
    return this.loading;
  }

  private async prepare(): Promise<Loaded> {
    const body = Buffer.from(await this.options.read());
    const hash = createHash('sha256').update(body).digest('base64url').slice(0, 22);
    return { plain: { body, tag: `"${hash}"` }, packed: { body: await promisify(gzip)(body), tag: `"${hash}-gz"` } };
  }
}

/** RFC 9110 §12.5.3; a quality of 0 refuses it. */
const takesGzip = (accepted: string | string[] | undefined): boolean =>
  String(accepted ?? '')
    .split(',')
    .some((part) => /^\s*gzip\s*(;\s*q=(?!0(\.0*)?\s*$)|$)/i.test(part));

/** RFC 9110 §13.1.2; the comparison is the weak one. */
function isFresh(given: string | undefined, tag: string): boolean {
  if (given === undefined) return false;
  return given.trim() === '*' || given.split(',').some((part) => part.trim().replace(/^W\//, '') === tag);
}
