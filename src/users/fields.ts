import { type FieldOptions, Text } from '../validation/fields.js';

/**
 * Letters and digits of any script, with their marks, and `_ . -`: no `@`, so that a name is never an e-mail address, and
 * nothing that cannot be seen (Default_Ignorable_Code_Point), such as the Hangul filler, which counts as a letter.
 */
const NAME = /^(?:(?!\p{DI})[\p{L}\p{M}\p{N}_.-])+$/u;

/** The same for documents: properties of characters mean something else, or nothing, in many languages, so only ASCII is restricted. */
const PORTABLE_NAME = /^[^ !-,/:-@\x5b-\x5e`{-~]+$/;

/** A user name, as an account gets it: 3 to 64 characters after NFKC. */
export function Username(options: FieldOptions = {}): PropertyDecorator {
  return Text({
    min: 3,
    max: 64,
    pattern: NAME,
    portablePattern: PORTABLE_NAME,
    normalize: 'NFKC',
    description: '3 to 64 letters and digits of any script and _ . -',
    example: 'alice',
    ...options,
  });
}

/** A new password: 8 to 128 characters of any kind, never trimmed. */
export function Password(options: FieldOptions = {}): PropertyDecorator {
  return Text({ min: 8, max: 128, normalize: 'NFC', secret: true, description: '8 to 128 characters of any kind', ...options });
}

/** What somebody gives as user name to log in: a user name or an e-mail address. One that cannot exist is a wrong one. */
export function LoginName(options: FieldOptions = {}): PropertyDecorator {
  return Text({ max: 320, description: 'User name or e-mail address', example: 'alice', ...options });
}

/** A password to log in with. One that is too short is a wrong one, no invalid input. */
export function LoginPassword(options: FieldOptions = {}): PropertyDecorator {
  return Text({ max: 128, normalize: 'NFC', secret: true, ...options });
}

/** A person's name: at most 200 characters, kept exactly as given. */
export function FullName(options: FieldOptions = {}): PropertyDecorator {
  return Text({
    max: 200,
    nullable: true,
    optional: true,
    description: 'At most 200 characters',
    example: 'Alice Liddell',
    ...options,
  });
}
