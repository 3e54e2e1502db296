import { join, resolve } from 'node:path';
import { parseConnectionUrl } from 'nodemailer/lib/shared';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Settings } from '../../config/settings.js';
import { codeOf, reasonOf } from '../../errors/thrown.js';
import { type Finding, fault, LIMIT_MS, ok, type Look, warning } from './finding.js';

const CHECK = 'mail';
const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\])$/;

/** Where mails go without a mail server. */
export function checkOutbox({ DATA_DIR, NODE_ENV }: Settings): Finding {
  const found = `no SMTP_URL: mails are files in ${join(resolve(DATA_DIR), 'outbox')}`;
  if (NODE_ENV !== 'production') return ok(CHECK, found);
  return warning(CHECK, found, 'Set SMTP_URL and MAIL_FROM, or nobody who lost a password gets a mail.');
}

/** Whether the sender is one that other mail servers take mail from. */
export function checkSender({ MAIL_FROM }: Settings): Finding[] {
  const domain = /@([^\s<>@]+?)>?$/.exec(MAIL_FROM)?.[1] ?? '';
  if (domain.includes('.') && !/(^|\.)(localhost|local|invalid|test|example(\.(com|net|org))?)$/i.test(domain)) return [];
  const found = `MAIL_FROM is at ${domain}, from which nobody takes mail`;
  return [warning(CHECK, found, 'Set MAIL_FROM to an address of your own domain.')];
}

const MENDS: Readonly<Record<string, string>> = {
  EAUTH: 'Mend the user name or the password in SMTP_URL.',
  ETLS: 'Mend the certificate of the mail server, or smtps:// for smtp:// (port 465 for 587).',
  ESOCKET: 'Mend host and port in SMTP_URL; port 465 takes smtps://, 587 and 25 take smtp://.',
  EDNS: 'Mend the host name in SMTP_URL.',
  ECONNECTION: 'Start the mail server, or mend host and port in SMTP_URL.',
  ETIMEDOUT: 'Is the port open in the firewall? Many networks close port 25; use 587 or 465.',
};

/** The mailer tells these faults from others by their words alone. */
const CERTIFICATE = /certificate|self-signed|altnames/i;

/** Whether the mail server greets, secures the line and lets us in. Sends nothing. */
export const checkMailServer =
  (url: string): Look =>
  async (signal) => {
    const { auth, ...options } = parseConnectionUrl(url);
    const times = { connectionTimeout: LIMIT_MS - 500, greetingTimeout: LIMIT_MS - 500, socketTimeout: LIMIT_MS - 500 };
    const connection = new SMTPConnection({ ...options, ...times, dnsTimeout: LIMIT_MS - 500 });
    signal.addEventListener('abort', () => connection.close(), { once: true });
    try {
      await new Promise<void>((done, failed) => {
        connection.on('error', failed);
        connection.connect((error) => (error ? failed(error) : done()));
      });
      const user = auth?.user;
      if (user !== undefined) {
        await new Promise<void>((done, failed) => connection.login(auth, (error) => (error ? failed(error) : done())));
      }
      return [judge(connection, user !== undefined)];
    } catch (thrown) {
      const code = CERTIFICATE.test(reasonOf(thrown)) ? 'ETLS' : codeOf(thrown);
      const mend = MENDS[code] ?? 'Mend SMTP_URL: smtps://user:password@mail.example.com, for one.';
      return [fault(CHECK, `${new URL(url).host}: ${reasonOf(thrown)}`, mend)];
    } finally {
      connection.on('error', () => undefined);
      connection.quit();
      connection.close();
    }
  };

function judge({ secure, host }: SMTPConnection, isKnown: boolean): Finding {
  const found = `${host} greets${isKnown ? ', lets us in' : ''}${secure ? ', over TLS' : ', without TLS'}`;
  if (secure || LOCAL.test(host)) return ok(CHECK, found);
  const what = isKnown ? 'the password and every mail' : 'every mail';
  return warning(CHECK, `${found}: ${what} can be read on the way`, 'Use smtps://, or a mail server that offers STARTTLS.');
}
