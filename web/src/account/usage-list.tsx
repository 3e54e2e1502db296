import { Box, Group, Progress, Stack, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { UntilTime } from '../shared/time';
import { useRegion } from '../shared/use-region';
import { amountText, isQuotaKind, levelOf, percentOf, type QuotaUse } from './usage';

const COLOURS = { usual: undefined, nearly: 'orange', full: 'red' } as const;

/** How far quotas are used: a bar for each. */
export function UsageList({ quotas }: { readonly quotas: readonly QuotaUse[] }) {
  const { t } = useTranslation();
  return (
    <Stack component="ul" gap="md" p={0} m={0} style={{ listStyle: 'none' }} aria-label={t('usage.title')}>
      {quotas.map((use) => (
        <Use key={use.kind} use={use} />
      ))}
    </Stack>
  );
}

function Use({ use }: { readonly use: QuotaUse }) {
  const { t } = useTranslation();
  const region = useRegion();
  const { kind, used, limit, resets_at: resetsAt } = use;
  const title = isQuotaKind(kind) ? t(`usage.${kind}`) : kind;
  const amounts = { used: amountText(kind, used, region), limit: limit === null ? '' : amountText(kind, limit, region) };
  const text = t(limit === null ? 'usage.unlimited' : 'usage.of', amounts);
  return (
    <Box component="li">
      <Group justify="space-between" gap="xs" mb={4}>
        <Text size="sm">{title}</Text>
        <Text size="sm" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums' }}>
          {text}
        </Text>
      </Group>
      {limit !== null && (
        <Progress value={percentOf(use)} color={COLOURS[levelOf(use)]} aria-label={`${title}: ${text}`} size="md" />
      )}
      {resetsAt !== null && limit !== null && used > 0 && (
        <Text size="xs" c="dimmed" mt={4}>
          {t('usage.resets')} <UntilTime at={resetsAt} />
        </Text>
      )}
    </Box>
  );
}
