import useSWR, { type Key, type KeyedMutator, type SWRConfiguration } from 'swr';

export interface Answer<Data> {
  readonly data: Data | undefined;
  /** What was thrown; null while all is well. */
  readonly error: unknown;
  readonly isLoading: boolean;
  readonly mutate: KeyedMutator<Data>;
}

/** What the server says under a key: kept, and asked for anew when the page is looked at again. */
export function useData<Data, K extends Key>(
  key: K,
  ask: () => Promise<Data>,
  options?: SWRConfiguration<Data, unknown>,
): Answer<Data> {
  const { data, error, isLoading, mutate } = useSWR<Data, unknown>(key, ask, options);
  return { data, error: error ?? null, isLoading, mutate };
}
