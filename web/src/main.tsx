import { localStorageColorSchemeManager, MantineProvider } from '@mantine/core';
import { lazy, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { useHashLocation } from 'wouter/use-hash-location';
import { App } from './app';
import { SessionProvider } from './session/session';
import { Fence } from './shared/fence';
import { nonce } from './shared/nonce';
import { theme } from './shell/theme';
import { startTexts } from './texts/texts';
import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './shell/base.css';

const Notifications = lazy(async () => ({ default: (await import('@mantine/notifications')).Notifications }));

const colours = localStorageColorSchemeManager({ key: 'switchboard.colours' });

await startTexts();
createRoot(document.getElementById('root') as HTMLElement).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto" colorSchemeManager={colours} getStyleNonce={() => nonce}>
      <Router hook={useHashLocation}>
        <SessionProvider>
          <App />
        </SessionProvider>
      </Router>
      <Fence>
        <Suspense>
          <Notifications position="bottom-right" limit={3} />
        </Suspense>
      </Fence>
    </MantineProvider>
  </StrictMode>,
);
