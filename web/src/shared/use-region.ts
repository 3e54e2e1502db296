import { useTranslation } from 'react-i18next';

/**
 * The language of the page as it is written where its reader lives, for times and numbers: British English has another clock than
 * American, and the browser knows which is meant.
 */
export function useRegion(): string {
  const { i18n } = useTranslation();
  return navigator.languages.find((language) => language.split('-', 1)[0] === i18n.language) ?? i18n.language;
}
