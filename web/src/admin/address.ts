/** What stands behind the `#`: a path, and after a `?` what is chosen on that page. */
export interface Address {
  readonly path: string;
  readonly choices: Readonly<Record<string, string>>;
}

/** @param address such as `/admin/audit?action=login`, never with the `#` */
export function parseAddress(address: string): Address {
  const at = address.indexOf('?');
  if (at < 0) return { path: address, choices: {} };
  return { path: address.slice(0, at), choices: Object.fromEntries(new URLSearchParams(address.slice(at + 1))) };
}

/** The address of a page with what is chosen on it; what is empty is left out. */
export function addressOf(path: string, choices: Readonly<Record<string, string | number | null | undefined>> = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(choices)) {
    if (value !== null && value !== undefined && value !== '') parameters.set(name, String(value));
  }
  const query = parameters.toString();
  return query === '' ? path : `${path}?${query}`;
}

/** The parameter of the next page in a `Link` header (RFC 8288); null where no page follows. */
export function nextOf(link: string | null, parameter: string): string | null {
  const target = /<([^>]*)>\s*;[^,]*\brel="?next"?/.exec(link ?? '')?.[1];
  if (target === undefined) return null;
  return new URLSearchParams(target.split('?')[1] ?? '').get(parameter);
}
