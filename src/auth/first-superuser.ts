import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Settings, SettingsError } from '../config/settings.js';
import { CoreError, type Issue } from '../errors/catalogue.js';
import { Password, Username } from '../users/fields.js';
import { UsersService } from '../users/users.service.js';
import { Email } from '../validation/fields.js';
import { check } from '../validation/validate.js';
import { AccountsService } from './accounts.service.js';

/** The settings, under the rules that hold for every other account. */
class FirstSuperuserFields {
  @Username()
  username!: string;

  @Email({ optional: true })
  email?: string;

  @Password()
  password!: string;
}

const VARIABLES = ['FIRST_SUPERUSER_USERNAME', 'FIRST_SUPERUSER_EMAIL', 'FIRST_SUPERUSER_PASSWORD'] as const;
type Variable = (typeof VARIABLES)[number];

/** What each may be, in the words of the line that ends the start. */
const ALLOWED: Readonly<Record<Variable, string>> = {
  FIRST_SUPERUSER_USERNAME:
    '3 to 64 letters and digits of any script and _ . - (required with the other FIRST_SUPERUSER settings)',
  FIRST_SUPERUSER_EMAIL: 'an e-mail address',
  FIRST_SUPERUSER_PASSWORD: '8 to 128 characters (required with the other FIRST_SUPERUSER settings)',
};

const variableOf = (field: unknown): Variable =>
  VARIABLES.find((name) => name.endsWith(String(field).toUpperCase())) ?? VARIABLES[0];

/** Makes the superuser whom the settings name, unless that account exists. Without these settings there is no account at first. */
@Injectable()
export class FirstSuperuser implements OnApplicationBootstrap {
  private readonly log = new Logger('FirstSuperuser');

  constructor(
    private readonly settings: Settings,
    private readonly accounts: AccountsService,
    private readonly users: UsersService,
  ) {}

  /** @throws SettingsError whose message is the line to print */
  async onApplicationBootstrap(): Promise<void> {
    const wanted = this.wanted();
    if (!wanted || (await this.exists(wanted))) return;
    try {
      await this.accounts.create({ ...wanted, isSuperuser: true }, null, null);
      this.log.log(`Made the first superuser ${wanted.username}`);
    } catch (error) {
      // Another node that starts at the same time may have been quicker.
      if (error instanceof CoreError && error.code === 'taken' && (await this.exists(wanted))) return;
      throw this.explained(error);
    }
  }

  private wanted(): { username: string; email: string | null; password: string } | null {
    const [username, email, password] = VARIABLES.map((name) => this.settings[name]);
    if (username === undefined && email === undefined && password === undefined) return null;
    const checked = check(FirstSuperuserFields, { username, email, password });
    if (!('value' in checked)) throw this.faultOf(checked[0]);
    const { value } = checked;
    return { username: value.username, email: value.email ?? null, password: value.password };
  }

  private async exists({ username, email }: { username: string; email: string | null }): Promise<boolean> {
    if (await this.users.findForLogin(username)) return true;
    const owner = email === null ? null : await this.users.findForLogin(email);
    if (owner) this.log.warn(`FIRST_SUPERUSER_EMAIL belongs to ${owner.username}: no account ${username} was made`);
    return owner !== null;
  }

  private explained(error: unknown): unknown {
    if (!(error instanceof CoreError)) return error;
    if (error.code === 'invalid_input') return this.faultOf(error.issues[0]);
    if (error.code === 'taken') {
      return new SettingsError(
        VARIABLES[0],
        this.settings[VARIABLES[0]],
        'a name that does not look like that of another account',
      );
    }
    return error;
  }

  private faultOf(issue: Issue | undefined): SettingsError {
    const variable = variableOf(issue?.loc.at(-1));
    const isGuessable = issue?.type.startsWith('value_error.password.') === true;
    return new SettingsError(variable, this.settings[variable], isGuessable ? `another one: ${issue.msg}` : ALLOWED[variable]);
  }
}
