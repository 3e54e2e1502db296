/** What every generated client is asked to do, in its own way. Functions throw if the server does not answer with success. */
export interface GeneratedClient {
  logIn(username: string, password: string): Promise<string>;
  /** Sends this token from now on, as the generator's documentation says. */
  use(token: string): void;
  readMe(): Promise<{ id: number; full_name: string | null }>;
  rename(id: number, fullName: string): Promise<string | null>;
  /** @returns the sequence number of the message */
  say(chatId: number, content: string): Promise<number>;
  createChat(title: string): Promise<number>;
  /** @returns the texts of the messages */
  history(chatId: number): Promise<(string | null)[]>;
  logOut(): Promise<void>;
  /** The status of `GET /api/v1/users/me`. */
  status(): Promise<number>;
}

export function given<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new Error(`no ${what}`);
  return value;
}
