import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';

/**
 * What the tab, the history and bookmarks call the page.
 * @param unread stands before it, where there is anything
 */
export function useTitle(title: string, unread = 0): void {
  const { t } = useTranslation();
  const name = t('app.name');
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}${title} · ${name}`;
  }, [title, unread, name]);
}
