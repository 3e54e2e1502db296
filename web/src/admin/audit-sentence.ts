/** An entry of the audit log, as the HTTP interface gives it. */
export interface AuditEntry {
  readonly id: number;
  readonly at: string;
  readonly action: string;
  readonly actor_id: number | null;
  readonly actor_name: string | null;
  readonly user_id: number | null;
  readonly username: string | null;
  readonly protocol: string | null;
  readonly ip: string | null;
  readonly user_agent: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** Somebody whom a sentence names. */
export type Party =
  /** `name` is null for an account that is gone, and whose name nobody wrote down. */
  | { readonly kind: 'account'; readonly id: number; readonly name: string | null; readonly isThere: boolean }
  | { readonly kind: 'owner' | 'server' | 'somebody' };

/** What happened, as the key of a text with gaps in it, and what goes into them. */
export interface Sentence {
  /** Below `sentences`. */
  readonly key: string;
  readonly actor: Party;
  readonly user: Party;
  readonly values: Readonly<Record<string, string>>;
}

const textOf = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');

/** Which of its sentences an action takes; those that are not here have one. */
const KEYS: Readonly<Record<string, (entry: AuditEntry, isByAnother: boolean) => string>> = {
  login_failed: ({ details }) => {
    const reason = textOf(details['reason']);
    return ['password', 'inactive', 'suspended', 'unknown'].includes(reason) ? `login_failed_${reason}` : 'login_failed';
  },
  password_changed: byWhom('password_changed'),
  password_reset_requested: ({ details }) =>
    details['by_owner'] === true ? 'password_reset_requested_by' : 'password_reset_requested',
  email_changed: byWhom('email_changed'),
  username_changed: byWhom('username_changed'),
  role_changed: ({ details }, isByAnother) =>
    `${details['superuser'] === true ? 'role_given' : 'role_taken'}${isByAnother ? '_by' : ''}`,
  activated: byWhom('activated'),
  deactivated: byWhom('deactivated'),
  user_created: ({ details }) => (details['superuser'] === true ? 'superuser_created' : 'user_created'),
  user_deleted: byWhom('user_deleted'),
  // One that was ended by itself is named; of all together only the number is.
  sessions_revoked: ({ details }, isByAnother) =>
    `${'session_id' in details ? 'session_revoked' : 'sessions_revoked'}${isByAnother ? '_by' : ''}`,
  report_resolved: ({ details }) => {
    const action = textOf(details['action']);
    return ['delete', 'suspend', 'dismiss'].includes(action) ? `report_resolved_${action}` : 'report_resolved';
  },
  connection_closed: (entry, isByAnother) =>
    entry.user_id === null ? 'connection_closed_anonymous' : `connection_closed${isByAnother ? '_by' : ''}`,
};

const PLAIN = [
  'login',
  'register',
  'logout',
  'refresh_reuse',
  'password_reset',
  'key_rotated',
  'user_suspended',
  'user_unsuspended',
  'report_made',
];

function byWhom(key: string): (entry: AuditEntry, isByAnother: boolean) => string {
  return (_entry, isByAnother) => (isByAnother ? `${key}_by` : key);
}

/** What to say of an entry. Actions that a later server may have are told in general words. */
export function sentenceOf(entry: AuditEntry): Sentence {
  const { action, actor_id: actorId, user_id: userId, details } = entry;
  const isByAnother = actorId !== userId;
  const choose = Object.hasOwn(KEYS, action) ? KEYS[action] : undefined;
  const key = choose ? choose(entry, isByAnother) : PLAIN.includes(action) ? action : 'other';
  return {
    key,
    actor: actorId === null ? strangerOf(entry) : accountOf(actorId, entry.actor_name),
    // An account that was deleted has its name in the entry that tells of that.
    user: userId === null ? { kind: 'somebody' } : accountOf(userId, entry.username, textOf(details['username']) || null),
    values: { action, from: textOf(details['from']), to: textOf(details['to']) },
  };
}

const accountOf = (id: number, name: string | null, formerName: string | null = null): Party => ({
  kind: 'account',
  id,
  name: name ?? formerName,
  isThere: name !== null,
});

/** Whoever has no account: the owner at the command line, the server by itself, or anybody. */
function strangerOf({ protocol }: AuditEntry): Party {
  if (protocol === 'cli') return { kind: 'owner' };
  return { kind: protocol === null ? 'server' : 'somebody' };
}

/** A piece of a sentence: words, or the name of a gap. */
export type Piece = { readonly words: string } | { readonly gap: string };

/** A text cut at its gaps, so that what fills them is never read as anything but itself. */
export function piecesOf(text: string): Piece[] {
  return text
    .split(/(\{\{\w+\}\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece.startsWith('{{') ? { gap: piece.slice(2, -2) } : { words: piece }));
}

/** How grave an entry is to the eye: something went wrong, something was taken or ended, or all as usual. */
export function graveness(action: string): 'alarming' | 'ending' | 'usual' {
  if (action === 'login_failed' || action === 'refresh_reuse') return 'alarming';
  return ['user_deleted', 'deactivated', 'user_suspended', 'sessions_revoked', 'connection_closed'].includes(action)
    ? 'ending'
    : 'usual';
}
