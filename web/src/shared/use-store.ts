import { useSyncExternalStore } from 'react';
import type { Store } from './store';

/** Follows a store; what it holds is read from it directly. @returns its version, for those who remember what they made of it */
export const useStore = (store: Store): number => useSyncExternalStore(store.subscribe, store.snapshot);
