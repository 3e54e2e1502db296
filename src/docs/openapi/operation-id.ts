import type { Handler } from './handlers.js';
import type { Route } from './operation.js';

/** `chat`, `add_members` → `chatAddMembers`: fit for a function in the languages of most generators. */
export function camelCase(...parts: readonly string[]): string {
  const words = parts.flatMap((part) => part.split(/[^A-Za-z0-9]+/)).filter(Boolean);
  return words.map((word, index) => (index === 0 ? lower(word) : upper(word))).join('');
}

const lower = (word: string): string => word.slice(0, 1).toLowerCase() + word.slice(1);
const upper = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1);

/**
 * The name of an operation, after its controller and method: `restUsersRead`. A method of several paths has it for the first; the others are
 * named after their paths: `restLoginAccessToken`.
 * @param key the library's name of the handler, with the number of its path if it has several
 */
export function operationIdOf(key: string, { path }: Route, { protocol = '' }: Pick<Handler, 'protocol'>): string {
  const [, controller = '', method = '', number = '0'] = /^(\w+?)(?:Controller)?_(\w+?)(?:\[(\d+)\])?$/.exec(key) ?? [];
  if (number !== '0') return camelCase(protocol, path.replace(/^\/api\/v\d+/, ''));
  // `Docs_docs` and `RestRecoverPage_page` would say the last word twice.
  const isSaid = controller.toLowerCase().endsWith(method.toLowerCase());
  return camelCase(controller, ...(isSaid ? [] : [method]));
}
