interface Page {
  readonly location?: { readonly origin: string };
  readonly document?: { querySelector(selector: string): { readonly content?: string } | null };
}

const page = globalThis as unknown as Page;
const given = page.document?.querySelector('meta[name="base"]')?.content ?? '';

/** The path below which the server lies, such as `/app`; empty where there is none. Vite's own server leaves the placeholder as it is. */
export const BASE = given === '/__base__' ? '' : given;

/** The address of the server, without a slash at its end. */
export const SERVER = `${page.location?.origin ?? ''}${BASE}`;
