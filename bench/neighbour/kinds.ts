/** What is held against an attack. */
export type Target = 'arrival' | 'database';

export interface Kind {
  /** Of `bench/attacks`. */
  readonly attack: string;
  readonly title: string;
  /** Whose token the attacker has. */
  readonly as?: 'attacker' | 'reader' | 'collector';
  readonly target: Target;
}

/** One abusive client of every kind. */
export const KINDS: readonly Kind[] = [
  { attack: 'bodies', title: 'polling bodies full of small packets, no account', target: 'arrival' },
  { attack: 'sessions', title: 'eight polling sessions of one account', as: 'attacker', target: 'arrival' },
  { attack: 'session-posts', title: 'POSTs to open sessions, no account', target: 'arrival' },
  { attack: 'joins', title: 'namespace joins over one WebSocket', target: 'arrival' },
  { attack: 'engine-pongs', title: 'Engine.IO pongs over one WebSocket', target: 'arrival' },
  { attack: 'strangers', title: '2,000 connections without identity', target: 'arrival' },
  { attack: 'system-commands', title: 'system.commands, the largest answer', as: 'attacker', target: 'arrival' },
  { attack: 'chat-lists', title: 'chat.list over 200 chats with 2,000 unread each', as: 'reader', target: 'database' },
  { attack: 'chat-lists-eight', title: 'the same over eight sockets of one user', as: 'reader', target: 'database' },
  { attack: 'chat-lists-unread', title: 'the same, each after reading a little in every chat', as: 'reader', target: 'database' },
  { attack: 'members', title: 'a chat of 5,000 members over eight sockets', as: 'reader', target: 'database' },
  { attack: 'resumes', title: 'resuming 128 chats over eight sockets', as: 'reader', target: 'database' },
  { attack: 'pages', title: 'the largest pages of history and sync', as: 'reader', target: 'database' },
  { attack: 'names', title: 'a thousand unknown names per chat.create', as: 'attacker', target: 'database' },
  { attack: 'matches', title: 'matches made and listed', as: 'attacker', target: 'arrival' },
  { attack: 'reconnects', title: 'a user with 10,000 chats who reconnects', as: 'collector', target: 'database' },
];
