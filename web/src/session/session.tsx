import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { LiveConnection, User } from '../../../clients/typescript/src/index.js';
import { navigate } from 'wouter/use-hash-location';
import { switchboard } from './switchboard';

interface Session {
  /** undefined until that is known, which the server has to say; null when nobody is signed in. */
  readonly user: User | null | undefined;
  /** Open as long as somebody is signed in. */
  readonly live: LiveConnection | null;
  /** Whether a session ended without its user's doing. */
  readonly wasEnded: boolean;
  /** Why it is not known who is signed in; null otherwise. It is asked again by itself. */
  readonly fault: unknown;
}

const UNKNOWN: Session = { user: undefined, live: null, wasEnded: false, fault: null };
const AGAIN_MS = 3_000;

const SessionContext = createContext<Session>(UNKNOWN);

export const useSession = (): Session => useContext(SessionContext);

/** Who is signed in, for pages that are shown to nobody else. */
export function useUser(): User {
  const { user } = useSession();
  if (!user) throw new Error('This page needs somebody who is signed in');
  return user;
}

/** The live connection, for pages that are shown to nobody who has none. */
export function useLive(): LiveConnection {
  const { live } = useSession();
  if (!live) throw new Error('This page needs a live connection');
  return live;
}

/** What works without an account is everybody's. */
const isForAll = (): boolean => location.hash.startsWith('#/explorer');

let isLeaving = false;

/** Ends the session, as its user wishes. */
export async function signOut(): Promise<void> {
  isLeaving = true;
  try {
    await switchboard.logOut();
  } finally {
    isLeaving = false;
  }
}

/** What the server told one user is not shown to the next. */
function forget(): void {
  // What cannot be loaded now was not before, and keeps nothing.
  import('swr').then(({ mutate }) => mutate(() => true, undefined, { revalidate: false })).catch(() => undefined);
}

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [session, setSession] = useState(UNKNOWN);

  useEffect(() => {
    let live: LiveConnection | null = null;
    let userId: number | null = null;
    let lastId: number | null = null;
    const tell = (user: User | null): void => {
      const wasEnded = userId !== null && user === null && !isLeaving;
      if (user?.id !== userId) {
        if (userId !== null) forget();
        live?.close();
        live = user ? switchboard.connect() : null;
        userId = user?.id ?? null;
      }
      if (user) {
        // Where somebody else was is no place for whoever comes next: it may be a chat of theirs.
        if (lastId !== null && lastId !== user.id && !isForAll()) navigate('/', { replace: true });
        lastId = user.id;
      }
      setSession({ user, live, wasEnded, fault: null });
    };
    const stop = switchboard.on('session', tell);
    let again: ReturnType<typeof setTimeout> | undefined;
    const restore = (): void => {
      switchboard.restore().then(tell, (fault: unknown) => {
        // The session may well be there: signing in would be the wrong thing to ask for.
        setSession({ ...UNKNOWN, fault });
        again = setTimeout(restore, AGAIN_MS);
      });
    };
    restore();
    return () => {
      stop();
      clearTimeout(again);
      live?.close();
    };
  }, []);

  return <SessionContext value={session}>{children}</SessionContext>;
}
