import { FullName, Password, Username } from '../users/fields.js';
import { Email } from '../validation/fields.js';
import { check, type Dto, schemaOf } from '../validation/validate.js';
import { Refusal } from './failures.js';

/** Who is to be made, under the rules that hold for every protocol. */
export class NewAccountFields {
  @Username()
  user_name!: string;

  @Email({ optional: true })
  email?: string;

  @FullName()
  full_name?: string;
}

export class NewPasswordFields {
  @Password()
  password!: string;
}

/**
 * Checks what was given against a class of fields.
 * @throws Refusal that says of each field what is wrong with it
 */
export function checked<T extends object>(fields: Dto<T>, given: object): T {
  const result = check(fields, given);
  if ('value' in result) return result.value;
  const faults = result.map(({ loc, msg, type }) => {
    const name = String(loc[0]);
    // A pattern says nothing to most people; the field's description says the same in words.
    return `${name.replaceAll('_', ' ')}: ${type === 'value_error.str.regex' ? (allowed(fields, name) ?? msg) : msg}`;
  });
  throw new Refusal(faults.join('; '));
}

function allowed(fields: Dto, name: string): string | undefined {
  const { properties } = schemaOf(fields) as { readonly properties: Readonly<Record<string, { readonly description?: string }>> };
  const description = properties[name]?.description;
  return description === undefined ? undefined : `allowed are ${description}`;
}
