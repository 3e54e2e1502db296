import { AppShell, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { type ReactNode, useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import icon from '../icon.svg';
import { useSession } from '../session/session';
import { Confirmation } from '../shared/confirm';
import { LiveState } from './live-state';
import { Navigation } from './navigation';
import { Preferences } from './preferences';

const HEADER = 52;

/** What is around every page: the bar, and for whoever is signed in the navigation. */
export function Layout({ children }: { readonly children: ReactNode }) {
  const { t } = useTranslation();
  const { user } = useSession();
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const [location] = useLocation();
  useEffect(close, [location, close]);
  return (
    <AppShell
      header={{ height: HEADER }}
      navbar={{ width: 230, breakpoint: 'sm', collapsed: { mobile: !isOpen, desktop: !user } }}
      layout="default"
    >
      <AppShell.Header>
        <a
          className="skip"
          href="#main"
          onClick={(event) => {
            // The address after the # is where the page is.
            event.preventDefault();
            document.getElementById('main')?.focus();
          }}
        >
          {t('app.skip')}
        </a>
        <Group h="100%" px="md" gap="sm" wrap="nowrap">
          <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label={t('app.menu')} />
          <Link href="/" style={{ color: 'inherit', textDecoration: 'none' }}>
            <Group gap={8} wrap="nowrap">
              <img src={icon} width={26} height={26} alt="" />
              <Text fw={650} size="lg">
                {t('app.name')}
              </Text>
            </Group>
          </Link>
          <Group ml="auto" gap="xs" wrap="nowrap">
            {user && <LiveState />}
            <Preferences />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar style={{ overflowY: 'auto' }}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="main" tabIndex={-1} style={{ outline: 'none' }}>
        {children}
        <Confirmation />
      </AppShell.Main>
    </AppShell>
  );
}
