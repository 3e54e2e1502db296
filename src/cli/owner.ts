import { hostname, userInfo } from 'node:os';
import type { Origin } from '../identity/identity.js';

/** As what the owner's deeds are kept in the audit log: by the command line, and by which account of which machine. */
export function ownerOrigin(): Origin {
  return { protocol: 'cli', address: '127.0.0.1', userAgent: `${systemAccount()}@${hostname()}` };
}

function systemAccount(): string {
  try {
    return userInfo().username;
  } catch {
    // In a container the process may run as a number without a name.
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}
