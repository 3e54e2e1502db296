/** A piece of a message: text, or the address of a link in it. */
export interface Piece {
  readonly text: string;
  readonly href: string | null;
}

const LINK = /https?:\/\/[^\s<>"'`]+/gi;
/** What ends a sentence rather than an address. */
const AFTER = /[.,!?;:…»”)\]}]+$/;

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
  const tail = AFTER.exec(found)?.[0] ?? '';
  const address = found.slice(0, found.length - tail.length);
  return tail.startsWith(')') && address.includes('(') ? `${address})` : address;
}
