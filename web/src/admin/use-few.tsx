import { Button } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';

const FEW = 8;

/**
 * The first of many, and a button that shows the rest; no button where there are few.
 * @param most how many are few
 */
export function useFew<Item>(all: readonly Item[], most = FEW): { readonly few: readonly Item[]; readonly more: ReactNode } {
  const { t } = useTranslation('admin');
  const [isWhole, setWhole] = useState(false);
  // One more takes no more room than the button would.
  if (isWhole || all.length <= most + 1) return { few: all, more: null };
  const more = (
    <Button variant="subtle" size="compact-sm" onClick={() => setWhole(true)}>
      {t('common.all', { count: all.length })}
    </Button>
  );
  return { few: all.slice(0, most), more };
}
