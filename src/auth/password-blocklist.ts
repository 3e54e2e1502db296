import { Injectable, type OnModuleInit } from '@nestjs/common';
import { Settings } from '../config/settings.js';
import { invalidInput } from '../errors/catalogue.js';
import { foldEmail, foldName } from '../users/names.js';

/** Whose password it is to be. */
export interface PasswordOwner {
  readonly username: string;
  readonly email: string | null;
}

const COMMON = { type: 'value_error.password.common', msg: 'this password is among the most common ones, choose another' };
const OWN_NAME = { type: 'value_error.password.own_name', msg: 'a password must not be your own user name or e-mail address' };

/** Without what people add at the ends to satisfy a rule: `Alice2024!` is `alice`. */
const bare = (text: string): string => text.replace(/^[^\p{L}]+|[^\p{L}]+$/gu, '');

/** With PASSWORD_BLOCKLIST=on refuses passwords that are guessed first (NIST SP 800-63B-4 §3.1.1.2, OWASP ASVS 6.2.4 and 6.2.11). */
@Injectable()
export class PasswordBlocklist implements OnModuleInit {
  private common: ReadonlySet<string> = new Set();

  constructor(private readonly settings: Settings) {}

  /** The list is read only where it is wanted: it costs every start 20 ms and 5 MB. */
  async onModuleInit(): Promise<void> {
    if (!this.settings.PASSWORD_BLOCKLIST) return;
    const { dictionary } = await import('@zxcvbn-ts/language-common');
    this.common = new Set(dictionary['passwords-common'].map(foldName));
  }

  /** @throws CoreError `invalid_input` whose issue says why */
  check(password: string, { username, email }: PasswordOwner): void {
    if (!this.settings.PASSWORD_BLOCKLIST) return;
    const folded = foldName(password);
    if (this.common.has(folded)) throw invalidInput({ loc: ['body', 'password'], ...COMMON });
    const own = [foldName(username)];
    if (email !== null) own.push(foldEmail(email), foldEmail(email).split('@')[0] ?? '');
    const isOwn = own.some((name) => name === folded || (bare(name).length >= 3 && bare(name) === bare(folded)));
    if (isOwn) throw invalidInput({ loc: ['body', 'password'], ...OWN_NAME });
  }
}
