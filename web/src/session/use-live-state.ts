import { useCallback, useSyncExternalStore } from 'react';
import type { LiveConnection } from '../../../clients/typescript/src/index.js';

/** The state of a live connection, followed as it changes. */
export function useLiveState(live: LiveConnection | null): LiveConnection['state'] {
  const subscribe = useCallback((changed: () => void) => live?.on('state', changed) ?? (() => undefined), [live]);
  return useSyncExternalStore(subscribe, () => live?.state ?? 'closed');
}
