import { ApiError } from '../../../clients/typescript/src/index.js';
import useSWR, { type Key, type KeyedMutator, type SWRConfiguration } from 'swr';

export interface Answer<Data> {
  readonly data: Data | undefined;
  /** What was thrown; null while all is well. */
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly mutate: KeyedMutator<Data>;
}

const AGAIN_MS = 5_000;

/** Steadily, while the server is away: somebody is looking at the page. What was refused would be refused again. */
const askAgain: SWRConfiguration['onErrorRetry'] = (error: unknown, _key, _config, ask, options) => {
  if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429) return;
  setTimeout(() => void ask(options), AGAIN_MS);
};

/** What the server says under a key: kept, and asked for anew when the page is looked at again. */
export function useData<Data, K extends Key>(
  key: K,
  ask: () => Promise<Data>,
  options?: SWRConfiguration<Data, unknown>,
): Answer<Data> {
  const { data, error, isLoading, mutate } = useSWR<Data, unknown>(key, ask, { onErrorRetry: askAgain, ...options });
  return { data, error: error ?? null, isLoading, mutate };
}
