import { Badge, Box, NavLink, Text } from '@mantine/core';
import {
  Activity,
  BookOpen,
  Cable,
  Flag,
  type LucideIcon,
  LogIn,
  LogOut,
  MessageSquare,
  Plug,
  ScrollText,
  UserRound,
  UsersRound,
  Webhook,
} from 'lucide-react';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { Link, useLocation } from 'wouter';
import { signOut, useSession } from '../session/session';
import { useStore } from '../shared/use-store';
import { type OpenReports, openReportsOf } from './open-reports';
import { BASE } from '../session/base';

/** Where one can go. What only superusers may see, only they are offered. */
export function Navigation() {
  const { t } = useTranslation();
  const { user } = useSession();
  const tellWhy = (thrown: unknown): Promise<void> =>
    import('../shared/show-fault').then(
      ({ showFault }) => showFault(thrown, t),
      () => undefined,
    );
  return (
    <Box component="nav" aria-label={t('app.menu')} p="xs">
      {user ? (
        <>
          <Place to="/chats" icon={MessageSquare} label={t('nav.chats')} />
          <Place to="/account" icon={UserRound} label={t('nav.account')} note={user.username} />
        </>
      ) : (
        <Place to="/" icon={LogIn} label={t('nav.signIn')} />
      )}
      {user?.is_superuser && (
        <Places title={t('nav.people')}>
          <Place to="/admin/users" icon={UsersRound} label={t('nav.users')} />
          <Place to="/admin/reports" icon={Flag} label={t('nav.reports')} badge={<OpenReportsBadge />} />
          <Place to="/admin/connections" icon={Plug} label={t('nav.connections')} />
          <Place to="/admin/audit" icon={ScrollText} label={t('nav.audit')} />
          <Place to="/admin/figures" icon={Activity} label={t('nav.figures')} />
        </Places>
      )}
      <Places title={t('nav.developers')}>
        <Place to="/explorer" icon={Cable} label={t('nav.explorer')} />
        <Outside href={`${BASE}/docs`} icon={BookOpen} label={t('nav.http')} />
        <Outside href={`${BASE}/asyncapi`} icon={Webhook} label={t('nav.sockets')} />
      </Places>
      {user && (
        <NavLink
          component="button"
          mt="lg"
          label={t('nav.signOut')}
          leftSection={<LogOut size={18} aria-hidden />}
          onClick={() => void signOut().catch(tellWhy)}
        />
      )}
    </Box>
  );
}

function Places({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <Box mt="lg">
      <Text size="xs" fw={600} c="dimmed" px="sm" pb={4}>
        {title}
      </Text>
      {children}
    </Box>
  );
}

/** How many reports wait for a decision; nothing while none does. */
function OpenReportsBadge() {
  const { live, user } = useSession();
  return live && user ? <OpenReportsCount store={openReportsOf(live, user.id)} /> : null;
}

function OpenReportsCount({ store }: { readonly store: OpenReports }) {
  const { t } = useTranslation();
  useStore(store);
  const { count } = store;
  if (count === 0) return null;
  return (
    <Badge size="md" circle={count < 10} aria-label={t('nav.openReports', { count })}>
      {count > 99 ? '99+' : count}
    </Badge>
  );
}

interface PlaceProps {
  readonly to: string;
  readonly icon: LucideIcon;
  readonly label: string;
  readonly note?: string;
  readonly badge?: ReactNode;
}

function Place({ to, icon: Icon, label, note, badge }: PlaceProps) {
  const [location] = useLocation();
  const isHere = to === '/' ? location === '/' : location.startsWith(to);
  return (
    <NavLink
      component={Link}
      href={to}
      label={label}
      description={note}
      active={isHere}
      aria-current={isHere ? 'page' : undefined}
      leftSection={<Icon size={18} aria-hidden />}
      rightSection={badge}
    />
  );
}

function Outside({ href, icon: Icon, label }: { readonly href: string; readonly icon: LucideIcon; readonly label: string }) {
  return <NavLink href={href} label={label} leftSection={<Icon size={18} aria-hidden />} />;
}
