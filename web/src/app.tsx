import { Box, Center, Loader, Text } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { useTranslation } from 'react-i18next';
import { Redirect, Route, Switch } from 'wouter';
import { RecoverPage } from './auth/recover-page';
import { SignInPage } from './auth/sign-in-page';
import { SignUpPage } from './auth/sign-up-page';
import { useSession } from './session/session';
import { Empty } from './shared/empty';
import { faultText } from './shared/faults';
import { NotFound } from './shared/not-found';
import { Layout } from './shell/layout';

// Each is loaded when somebody goes there, so that the first page comes at once.
const ChatsPage = lazy(() => import('./chat/chats-page'));
const AccountPage = lazy(() => import('./account/account-page'));
const AdminPages = lazy(() => import('./admin/admin-pages'));
const ExplorerPage = lazy(() => import('./explorer/explorer-page'));

export function App() {
  const { user, fault } = useSession();
  if (user === undefined && fault !== null) return <Unreachable fault={fault} />;
  if (user === undefined) return <Waiting />;
  return (
    <Layout>
      <Suspense fallback={<Waiting />}>
        <Switch>
          <Route path="/explorer">
            {/* What somebody has sent and got there is nothing for whoever signs in after them. */}
            <ExplorerPage key={user?.id} />
          </Route>
          {user ? <SignedIn isSuperuser={user.is_superuser} /> : <SignedOut />}
        </Switch>
      </Suspense>
    </Layout>
  );
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
      <Route path="/chats/:id?">{({ id }) => <ChatsPage chatId={id === undefined ? null : Number(id)} />}</Route>
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

function Waiting() {
  const { t } = useTranslation();
  return (
    <Center mih="60vh">
      <Loader aria-label={t('app.loading')} />
    </Center>
  );
}
