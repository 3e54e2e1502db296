/** Without those that are mistaken for each other when somebody reads them out. */
const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789';

/** A password of four groups of five: 100 random bits. */
export function newPassword(): string {
  // 32 letters: every one of a byte's values is as likely.
  const letters = [...crypto.getRandomValues(new Uint8Array(20))].map((byte) => LETTERS[byte % LETTERS.length]);
  return Array.from({ length: 4 }, (_none, group) => letters.slice(group * 5, group * 5 + 5).join('')).join('-');
}
