import type { Chat } from '../../../clients/typescript/src/index.js';

const plain = (name: string): string => name.normalize('NFKC').toLowerCase();

/** Those of some user names, as they were typed, that no member has. */
export function missingFrom({ members }: Pick<Chat, 'members'>, names: readonly string[]): string[] {
  const present = new Set(members.map(({ username }) => plain(username)));
  return names.filter((name) => !present.has(plain(name)));
}
