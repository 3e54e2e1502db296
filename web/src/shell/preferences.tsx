import { ActionIcon, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { Moon, Sun } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { chooseLanguage, LANGUAGES } from '../texts/texts';

/** Language and colours; both are remembered in this browser. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const { setColorScheme } = useMantineColorScheme();
  const colours = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const other = i18n.language === 'ru' ? 'en' : 'ru';
  return (
    <>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        fz="sm"
        fw={650}
        lang={other}
        aria-label={`${other.toUpperCase()}, ${LANGUAGES[other]}`}
        title={LANGUAGES[other]}
        onClick={() => void chooseLanguage(other)}
      >
        {other.toUpperCase()}
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={t(colours === 'dark' ? 'app.light' : 'app.dark')}
        title={t(colours === 'dark' ? 'app.light' : 'app.dark')}
        onClick={() => setColorScheme(colours === 'dark' ? 'light' : 'dark')}
      >
        {colours === 'dark' ? <Sun size={18} aria-hidden /> : <Moon size={18} aria-hidden />}
      </ActionIcon>
    </>
  );
}
