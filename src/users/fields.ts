import { type FieldOptions, Text } from '../validation/fields.js';

/** Letters that join to the next one, of scripts that are written joined (Joining_Type D of Arabic). */
const JOINING =
  '[\\u0620\\u0626\\u0628\\u062a-\\u062e\\u0633-\\u063f\\u0641-\\u0647\\u0649\\u064a\\u066e\\u066f\\u0678-\\u0687\\u069a-\\u06bf\\u06c1\\u06c2\\u06cc\\u06ce\\u06d0\\u06d1\\u06fa-\\u06fc]';
/** Signs that take a letter's vowel away (Canonical_Combining_Class 9) in the scripts of India and its neighbours. */
const VIRAMA = '[\\u094d\\u09cd\\u0a4d\\u0acd\\u0b4d\\u0bcd\\u0c4d\\u0ccd\\u0d4d\\u0dca\\u0f84\\u1039\\u17d2]';

/**
 * The joiners where they change what is seen (UTS #39 §3.1.1.1, contexts A1, A2 and B): a non-joiner between letters that would join, as
 * Persian has it, and both after a virama. Elsewhere they are invisible. Names that differ by a joiner alone have the same skeleton.
 */
const JOINER = `(?<=${JOINING}\\p{Mn}*)\\u200c(?=\\p{Script=Arabic})|(?<=\\p{L}\\p{M}*${VIRAMA})[\\u200c\\u200d](?=\\p{L})`;

/**
 * Letters and digits of any script, with their marks, and `_ . -`: no `@`, so that a name is never an e-mail address, and
 * nothing that cannot be seen (Default_Ignorable_Code_Point), such as the Hangul filler, which counts as a letter, but for joiners.
 */
const NAME = new RegExp(`^(?:(?!\\p{DI})[\\p{L}\\p{M}\\p{N}_.-]|${JOINER})+$`, 'u');

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
    trim: true,
    allowed: 'letters and digits of any script and _ . -',
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
  return Text({ max: 320, trim: true, description: 'User name or e-mail address', example: 'alice', ...options });
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
