import { domainToASCII } from 'node:url';

/**
 * Letters, digits and marks of any script in labels between dots: nothing that a URL would read as something else. Compatibility forms,
 * such as a Roman numeral for a letter, are none that a person types.
 */
const INTERNATIONAL_DOMAIN = /^[\p{L}\p{M}\p{N}-]+(?:\.[\p{L}\p{M}\p{N}-]+)+$/u;
// oxlint-disable-next-line no-control-regex -- what is ASCII
const ASCII = /^[\x00-\x7f]*$/;

/**
 * An e-mail address without the blanks around it, its domain in ASCII (IDNA, UTS #46): `user@bücher.example` becomes
 * `user@xn--bcher-kva.example`. Kept and shown like this, two domains that look the same to people are not taken for each other.
 */
export function asciiAddress(address: string): string {
  const text = address.trim();
  const at = text.lastIndexOf('@');
  const domain = text.slice(at + 1).normalize('NFC');
  if (at === -1 || ASCII.test(domain) || !INTERNATIONAL_DOMAIN.test(domain) || domain !== domain.normalize('NFKC')) return text;
  return `${text.slice(0, at + 1)}${domainToASCII(domain) || domain}`;
}
