import { Box, Loader, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect, Route, Switch } from 'wouter';
import { RecoverPage } from './auth/recover-page';
import { SignInPage } from './auth/sign-in-page';
import { SignUpPage } from './auth/sign-up-page';
import { parsePlace } from './chat/place';
import { useSession } from './session/session';
import { useLiveState } from './session/use-live-state';
import { Empty } from './shared/empty';
import { faultText } from './shared/faults';
import { NotFound } from './shared/not-found';
import { Layout } from './shell/layout';
import { pageOf, Waiting } from './shell/page-of';

// Each is loaded when somebody goes there, or when there is time, so that the first page comes at once.
const chats = () => import('./chat/chats-page');
const account = () => import('./account/account-page');
const admin = () => import('./admin/admin-pages');
const explorer = () => import('./explorer/explorer-page');
const [ChatsPage, AccountPage, AdminPages, ExplorerPage] = [pageOf(chats), pageOf(account), pageOf(admin), pageOf(explorer)];
const dialogs = () => import('./shared/confirm-dialog');
const notices = () => import('./shared/show-fault');
/** Milliseconds after a connection has opened when nothing that its user waits for is loaded any more. */
const SETTLED_MS = 2_000;

export function App() {
  const { user, fault } = useSession();
  useOtherPages();
  if (user === undefined && fault !== null) return <Unreachable fault={fault} />;
  if (user === undefined) return <Waiting />;
  return (
    <Layout>
      <Switch>
        <Route path="/explorer">
          {/* What somebody has sent and got there is nothing for whoever signs in after them. */}
          <ExplorerPage key={user?.id} />
        </Route>
        {user ? <SignedIn isSuperuser={user.is_superuser} /> : <SignedOut />}
      </Switch>
    </Layout>
  );
}

/** Where one may go next is loaded while there is time: by then the server may be away. */
function useOtherPages(): void {
  const { user, live } = useSession();
  const isOpen = useLiveState(live) === 'open';
  const isSuperuser = user?.is_superuser === true;
  useEffect(() => {
    if (!isOpen) return undefined;
    const timer = setTimeout(() => {
      for (const load of [chats, account, dialogs, notices, ...(isSuperuser ? [admin] : []), explorer]) {
        load().catch(() => undefined); // whoever goes there is told
      }
    }, SETTLED_MS);
    return () => clearTimeout(timer);
  }, [isOpen, isSuperuser]);
}

/** Who is signed in is asked again by itself, and the page says so. */
function Unreachable({ fault }: { readonly fault: unknown }) {
  const { t } = useTranslation();
  return (
    <Box role="alert">
      <Empty title={t('app.failed')} text={faultText(fault, t)} icon={<Loader size="sm" aria-hidden />}>
        <Text c="dimmed" size="sm">
          {t('app.tryingAgain')}
        </Text>
      </Empty>
    </Box>
  );
}

function SignedOut() {
  return (
    <Switch>
      <Route path="/sign-up" component={SignUpPage} />
      <Route path="/recover" component={RecoverPage} />
      {/* Where somebody wanted to go stays in the address, and is where they are once they have signed in. */}
      <Route component={SignInPage} />
    </Switch>
  );
}

function SignedIn({ isSuperuser }: { readonly isSuperuser: boolean }) {
  return (
    <Switch>
      <Route path="/chats/:place?">{({ place }) => <ChatsPage open={parsePlace(place)} />}</Route>
      <Route path="/account" component={AccountPage} />
      {isSuperuser && <Route path="/admin/*?" component={AdminPages} />}
      <Route path="/sign-up">
        <Redirect to="/chats" replace />
      </Route>
      <Route path="/recover">
        <Redirect to="/chats" replace />
      </Route>
      <Route path="/">
        <Redirect to="/chats" replace />
      </Route>
      <Route component={NotFound} />
    </Switch>
  );
}
