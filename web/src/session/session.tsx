import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import type { LiveConnection, User } from '../../../clients/typescript/src/index.js';
import { switchboard } from './switchboard';

/** Set while somebody is signed in here, so that a page without a session need not ask the server whether there is one. */
const MARK = 'switchboard.signed-in';

interface Session {
  /** undefined until that is known; null when nobody is signed in. */
  readonly user: User | null | undefined;
  /** Open as long as somebody is signed in. */
  readonly live: LiveConnection | null;
  /** Whether a session ended without its user's doing. */
  readonly wasEnded: boolean;
}

const SessionContext = createContext<Session>({ user: undefined, live: null, wasEnded: false });

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

export function SessionProvider({ children }: { readonly children: ReactNode }) {
  const [session, setSession] = useState<Session>({ user: undefined, live: null, wasEnded: false });

  useEffect(() => {
    let live: LiveConnection | null = null;
    let userId: number | null = null;
    const tell = (user: User | null): void => {
      const wasEnded = userId !== null && user === null && !isLeaving;
      if (user?.id !== userId) {
        live?.close();
        live = user ? switchboard.connect() : null;
        userId = user?.id ?? null;
      }
      if (user) localStorage.setItem(MARK, '1');
      else localStorage.removeItem(MARK);
      setSession({ user, live, wasEnded });
    };
    const stop = switchboard.on('session', tell);
    if (localStorage.getItem(MARK) === null) tell(null);
    else void switchboard.restore().then(tell, () => tell(null));
    return () => {
      stop();
      live?.close();
    };
  }, []);

  return <SessionContext value={session}>{children}</SessionContext>;
}
