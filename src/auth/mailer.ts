import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport } from 'nodemailer';
import { Settings } from '../config/settings.js';
import { reasonOf, stackOf } from '../errors/thrown.js';
import { MailQuotas } from './mail-quotas.js';
import type { Mail } from './mail-texts.js';
import { Semaphore } from './semaphore.js';

/** Mails on their way at once, and mails that wait for that. */
const WIDTH = 5;
const MAX_WAITING = 1_000;
/** Milliseconds before the second and the third attempt. */
const PAUSES = [1_000, 5_000] as const;
/** Milliseconds that a shutdown waits for mails. */
const PATIENCE_MS = 4_000;

const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 10_000 };
/** Nothing in a mail may make the server read a file or fetch an address. */
const CLOSED = { disableFileAccess: true, disableUrlAccess: true };

type Post = (mail: Mail) => Promise<unknown>;

/**
 * Sends mails in the background: by SMTP_URL, or else as files into `DATA_DIR/outbox`. A mail never delays or fails what it
 * tells about; one that cannot be sent after three attempts is a line in the log.
 */
@Injectable()
export class Mailer implements OnApplicationShutdown {
  private readonly log = new Logger('Mailer');
  private readonly semaphore = new Semaphore(WIDTH, MAX_WAITING);
  private readonly closing = new AbortController();
  private readonly post: Post;
  private closePool: () => void = () => undefined;

  constructor(
    private readonly settings: Settings,
    private readonly quotas: MailQuotas,
  ) {
    this.post = settings.SMTP_URL ? this.bySmtp(settings.SMTP_URL) : this.asFile();
  }

  /**
   * Sends a mail about an account, unless its address or the account has had too many. Returns at once. To be called after the commit of
   * what the mail tells about.
   */
  send(mail: Mail, userId: number): void {
    this.run(async () => {
      if (await this.quotas.take(mail.to, userId, 'account')) await this.insist(mail);
    });
  }

  /** As `send`, for a mail that has been counted. */
  sendCounted(mail: Mail): void {
    this.run(() => this.insist(mail));
  }

  /** Resolves when no mail is on its way. */
  idle(): Promise<void> {
    return this.semaphore.idle();
  }

  async onApplicationShutdown(): Promise<void> {
    this.closing.abort(); // pauses between attempts end now
    const isIdle = await Promise.race([this.idle().then(() => true), sleep(PATIENCE_MS, false, { ref: false })]);
    if (!isIdle) this.log.error('The server stopped before all mails were sent');
    this.closePool();
  }

  private run(work: () => Promise<void>): void {
    this.semaphore.run(work).catch((error: unknown) => this.log.error('A mail was not sent', stackOf(error)));
  }

  private async insist(mail: Mail): Promise<void> {
    for (const pause of PAUSES) {
      try {
        await this.post(mail);
        return;
      } catch (error) {
        this.log.warn(`A mail was not sent, to be tried again (${reasonOf(error)})`);
      }
      await sleep(pause, undefined, { signal: this.closing.signal, ref: false }).catch(() => undefined);
    }
    await this.post(mail);
  }

  private bySmtp(url: string): Post {
    const transport = createTransport({ url, pool: true, maxConnections: WIDTH, ...TIMEOUTS, ...CLOSED });
    this.closePool = () => transport.close();
    return (mail) => transport.sendMail(this.envelope(mail));
  }

  private asFile(): Post {
    const transport = createTransport({ streamTransport: true, buffer: true, newline: 'windows', ...CLOSED });
    return async (mail) => {
      const { message } = await transport.sendMail(this.envelope(mail));
      await this.store(message as Buffer);
    };
  }

  private envelope({ to, subject, text, html }: Mail) {
    // As an object the address is never parsed: nothing in it can be a second recipient or a header.
    return { from: this.settings.MAIL_FROM, to: { name: '', address: to }, subject, text, html };
  }

  /** A file appears whole or not at all; only the server's own user can read it, for it may carry a recovery link. */
  private async store(message: Buffer): Promise<void> {
    const folder = join(this.settings.DATA_DIR, 'outbox');
    await mkdir(this.settings.DATA_DIR, { recursive: true }); // with the usual mode: others may need what lies beside the outbox
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const name = `${new Date().toISOString().replace(/[:.]/g, '-')}-${randomUUID()}`;
    const draft = join(folder, `.${name}.tmp`);
    try {
      const file = await open(draft, 'wx', 0o600);
      try {
        await file.writeFile(message);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(draft, join(folder, `${name}.eml`));
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }
}
