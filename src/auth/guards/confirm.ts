import { CoreError } from '../../errors/catalogue.js';
import { coreErrorOf } from '../../errors/core-error-of.js';
import { type Identity, isOver } from '../../identity/identity.js';
import type { LiveSessions } from '../live-sessions.js';

/**
 * Makes sure that somebody is still who they were when their token was looked at: it may have run out, and its session may
 * have been ended or changed. At once, unless the session has to be read again.
 * @throws CoreError `not_authenticated`, or `unavailable`
 */
export function confirm(live: LiveSessions, identity: Identity | null): Identity | Promise<Identity> {
  if (identity?.session.state === 'stale') return reread(live, identity);
  return usable(identity);
}

async function reread(live: LiveSessions, identity: Identity): Promise<Identity> {
  try {
    await live.refresh(identity.session);
  } catch (thrown) {
    throw coreErrorOf(thrown);
  }
  return usable(identity);
}

function usable(identity: Identity | null): Identity {
  if (!identity || isOver(identity, Date.now())) throw new CoreError('not_authenticated');
  return identity;
}
