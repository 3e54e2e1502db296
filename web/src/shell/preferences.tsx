import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core';
import { Check, Languages, SunMoon } from 'lucide-react';
import { useTranslation } from 'react-i18next';
import { chooseLanguage, LANGUAGES, type Language } from '../texts/texts';

const COLOURS = ['light', 'dark', 'auto'] as const;

/** Language and colours; both are remembered in this browser. */
export function Preferences() {
  const { t, i18n } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('app.language')}>
            <Languages size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {Object.entries(LANGUAGES).map(([language, name]) => (
            <Menu.Item
              key={language}
              lang={language}
              rightSection={i18n.language === language && <Check size={16} aria-hidden />}
              onClick={() => void chooseLanguage(language as Language)}
            >
              {name}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('app.colours')}>
            <SunMoon size={18} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {COLOURS.map((colours) => (
            <Menu.Item
              key={colours}
              rightSection={colorScheme === colours && <Check size={16} aria-hidden />}
              onClick={() => setColorScheme(colours)}
            >
              {t(`app.${colours}`)}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
