import confusables from 'unicode-confusables';
import { asciiAddress } from '../validation/addresses.js';

/**
 * A user name without regard to case and compatibility forms: the key by which it is found. Upper case first, so that
 * letters with several lower-case forms (sharp s) meet; the final sigma, which depends on what follows, is made an
 * ordinary one, so that the fold of a name's beginning is the beginning of its fold. Blanks around it do not count.
 */
export function foldName(name: string): string {
  return name.trim().normalize('NFKC').toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

/**
 * What a user name looks like (Unicode TR39 §4): two names with the same skeleton cannot be told apart by eye and must not
 * be two accounts. Folded before, since names are unique without regard to case, and after, since prototypes may be capitals.
 */
export function skeletonOf(name: string): string {
  return foldName(prototypesOf(foldName(name)).normalize('NFD'));
}

/**
 * What a user name looks like as it is written (Unicode TR39 §4), folded afterwards only: a Greek capital Kappa looks like K,
 * its small letter like no k, so that `skeletonOf`, which folds before, cannot see it. Unique beside `skeletonOf`.
 */
export function lookalikeOf(name: string): string {
  return foldName(prototypesOf(name.normalize('NFKC')));
}

/** TR39's skeleton but for its last decomposition: what cannot be seen is left out, every other character is its prototype. */
function prototypesOf(name: string): string {
  return confusables.rectifyConfusion(name.normalize('NFD').replaceAll(/\p{Default_Ignorable_Code_Point}/gu, ''));
}

/**
 * An e-mail address without regard to case, with its domain in ASCII and without blanks around it. Only ASCII letters are folded: Unicode's rules would turn the address that
 * somebody typed (such as one with a Kelvin sign) into another person's.
 */
export function foldEmail(email: string): string {
  return asciiAddress(email).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** What somebody typed to log in, as it is found: what has an `@` is an e-mail address, anything else a user name. */
export function foldLogin(login: string): string {
  return login.includes('@') ? foldEmail(login) : foldName(login);
}
