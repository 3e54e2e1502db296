import i18next from 'i18next';
import { initReactI18next } from 'react-i18next';
import type { en as admin } from '../admin/texts-en';
import type { en as contacts } from '../contacts/texts-en';
import type { en as explorer } from '../explorer/texts-en';
import { en } from './en';
import { ru } from './ru';

export const LANGUAGES = { en: 'English', ru: 'Русский' } as const;
export type Language = keyof typeof LANGUAGES;

const CHOICE = 'switchboard.language';

declare module 'i18next' {
  interface CustomTypeOptions {
    defaultNS: 'console';
    resources: { console: typeof en; admin: typeof admin; contacts: typeof contacts; explorer: typeof explorer };
  }
}

function languageAtStart(): Language {
  const wanted = [localStorage.getItem(CHOICE), ...navigator.languages].map((language) => language?.slice(0, 2));
  return wanted.find((language): language is Language => language !== undefined && language in LANGUAGES) ?? 'en';
}

/** Makes the texts ready, in the language that was chosen here before, or else in the browser's. */
export async function startTexts(): Promise<void> {
  const show = (language: string) => {
    document.documentElement.lang = language;
  };
  i18next.on('languageChanged', show);
  await i18next.use(initReactI18next).init({
    lng: languageAtStart(),
    fallbackLng: 'en',
    defaultNS: 'console',
    resources: { en: { console: en }, ru: { console: ru } },
    interpolation: { escapeValue: false },
  });
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(CHOICE, language);
  await i18next.changeLanguage(language);
}

/** Texts of a part that is loaded when it is needed. */
export function addTexts(namespace: string, texts: Readonly<Record<Language, object>>): void {
  for (const [language, bundle] of Object.entries(texts)) i18next.addResourceBundle(language, namespace, bundle);
}
