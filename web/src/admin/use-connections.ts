import { useTranslation } from 'react-i18next';
import { mutate as mutateAny } from 'swr';
import { ApiError } from '../../../clients/typescript/src/index.js';
import { useUser } from '../session/session';
import { useAction } from '../shared/use-action';
import { useData } from '../shared/use-data';
import { type Connection, type ConnectionFilter, closeConnection, listConnections, listSessions } from './api';
import { tell } from '../shared/tell';

const REFRESH_MS = 4_000;

/** The live connections that fit a filter, asked for again every few seconds while the page is seen, and a way to end one. */
export function useConnections(key: readonly unknown[], filter: ConnectionFilter) {
  const { t } = useTranslation('admin');
  const { t: general } = useTranslation();
  const { data, error, mutate } = useData(key, () => listConnections(filter), {
    refreshInterval: REFRESH_MS,
    keepPreviousData: true,
    // What is not live any more has to be seen as such, and live again as soon as it can be.
    refreshWhenOffline: true,
    onErrorRetry: (_error, _key, _config, ask, options) => void setTimeout(() => void ask(options), REFRESH_MS),
  });
  const { run, fault } = useAction(async ({ id, user_id: userId }: Connection) => {
    await closeConnection(id).catch((thrown: unknown) => {
      // What has closed by itself meanwhile is closed, too.
      if (!(thrown instanceof ApiError && thrown.status === 404)) throw thrown;
    });
    const without = data && { ...data, connections: data.connections.filter((other) => other.id !== id), total: data.total - 1 };
    await mutate(without, { revalidate: false });
    void mutateAny(['user-history', userId]);
    tell(t('connections.ended'), general);
  });
  const end = (connection: Connection): void => void run(connection);
  return { data, error, retry: () => void mutate(), end, fault };
}

/** The session that this page itself uses; null until it is known. */
export function useOwnSessionId(): string | null {
  const { id } = useUser();
  const { data } = useData(['user-sessions', id], () => listSessions(id), { revalidateOnFocus: false, revalidateIfStale: false });
  return data?.find(({ current }) => current)?.id ?? null;
}
