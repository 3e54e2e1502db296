/** A piece of a message: text, or the address of a link in it. */
export interface Piece {
  readonly text: string;
  readonly href: string | null;
}

const LINK = /https?:\/\/[^\s<>"'`]+/gi;
/** What ends a sentence rather than an address. */
const AFTER = '.,!?;:…»”)]}';

/** Splits a text into links (http and https only) and what is between them. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { 0: found, index } of text.matchAll(LINK)) {
    const address = withoutTail(found);
    if (!URL.canParse(address)) continue;
    if (index > from) pieces.push({ text: text.slice(from, index), href: null });
    pieces.push({ text: address, href: address });
    from = index + address.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from), href: null });
  return pieces;
}

/** A closing bracket belongs to the address if it was opened there. */
function withoutTail(found: string): string {
  // From its end, once: what is found may be as long as a message, and written by anybody.
  let end = found.length;
  while (AFTER.includes(found.charAt(end - 1))) end -= 1;
  const address = found.slice(0, end);
  return found.charAt(end) === ')' && address.includes('(') ? `${address})` : address;
}
