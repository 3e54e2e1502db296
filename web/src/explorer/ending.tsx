import { Alert } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { isKnownCode, mayReconnect } from './close-codes';
import type { ConnectionState } from './explorer';

/** Why there is no connection any more, and what to do about it. */
export function Ending({ state: { status, fault, close, notice } }: { readonly state: ConnectionState }) {
  const { t } = useTranslation('explorer');
  if (status !== 'closed') return null;
  if (!fault)
    return close && <Closed code={close.code} reason={close.reason} {...notice} retryAfterMs={notice?.retryAfterMs ?? null} />;
  return (
    <Alert color="red" role="alert" p="xs">
      {t(`faults.${fault}`)}
    </Alert>
  );
}

interface ClosedProps {
  readonly code: number;
  readonly reason: string;
  /** As the server's last frame said it; else as the code is known. */
  readonly reconnect?: boolean;
  readonly retryAfterMs: number | null;
}

function Closed({ code, reason, reconnect, retryAfterMs }: ClosedProps) {
  const { t } = useTranslation('explorer');
  const helps = reconnect ?? mayReconnect(code);
  const sentences = [
    isKnownCode(code) ? t(`close.code${code}`) : t('close.other', { code }),
    ...(helps === null ? [] : [t(helps ? 'close.again' : 'close.notAgain')]),
    ...(retryAfterMs === null ? [] : [t('close.after', { seconds: Math.ceil(retryAfterMs / 1000) })]),
  ];
  return (
    <Alert color={helps ? 'orange' : 'red'} role="alert" p="xs" title={`${code} ${reason}`.trim()}>
      {sentences.join(' ')}
    </Alert>
  );
}
