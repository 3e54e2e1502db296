import {
  Anchor,
  Badge,
  Button,
  Group,
  Loader,
  PasswordInput,
  SegmentedControl,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { type SubmitEvent, useId, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useSession } from '../session/session';
import { switchboard } from '../session/switchboard';
import { Ending } from './ending';
import type { ConnectionState, Explorer, Identity } from './explorer';
import { FACTS, PROTOCOLS, type Protocol, socketPath } from './protocols';

const WHO = ['me', 'anonymous', 'token', 'password'] as const;
type Who = (typeof WHO)[number];

interface Secret {
  readonly token: string;
  readonly username: string;
  readonly password: string;
}

interface ConnectionPanelProps {
  readonly explorer: Explorer;
  readonly state: ConnectionState;
  readonly protocol: Protocol;
  readonly clientId: string;
  readonly onProtocol: (protocol: Protocol) => void;
  readonly onClientId: (clientId: string) => void;
}

/** Which protocol, and as whom. */
export function ConnectionPanel({ explorer, state, protocol, clientId, onProtocol, onClientId }: ConnectionPanelProps) {
  const { t } = useTranslation('explorer');
  const { user } = useSession();
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const [wanted, setWho] = useState<Who | null>(null);
  const [secret, setSecret] = useState({ token: '', username: '', password: '' });
  const { anonymous } = FACTS[protocol];
  const canBe = (candidate: Who): boolean => (candidate === 'me' ? Boolean(user) : candidate !== 'anonymous' || anonymous);
  const who = wanted && canBe(wanted) ? wanted : user ? 'me' : anonymous ? 'anonymous' : 'password';
  const isOpening = state.status === 'opening';
  const isOpen = state.status === 'open' || isOpening;

  const names = {
    me: user?.username ?? '',
    password: secret.username,
    anonymous: t('connection.anonymous'),
    token: t('connection.token'),
  };

  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    // The field in which somebody pressed Enter goes.
    button.current?.focus();
    if (isOpen) explorer.disconnect();
    else void explorer.connect({ protocol, clientId, identity: identityOf(who, secret) });
  };
  return (
    <form onSubmit={submit} aria-labelledby={id}>
      <Stack gap="sm">
        <Group justify="space-between">
          <Title order={2} size="h5" id={id}>
            {t('connection.title')}
          </Title>
          <Status state={state} protocol={protocol} />
        </Group>
        <SegmentedControl
          fullWidth
          size="xs"
          aria-label={t('connection.protocol')}
          value={protocol}
          onChange={(value) => onProtocol(value)}
          data={PROTOCOLS.map((value) => ({ value, label: FACTS[value].title }))}
        />
        <Where {...{ protocol, clientId, isOpen }} name={names[who]} />
        {!isOpen && (
          <Who
            {...{ protocol, who, secret, canBe, clientId }}
            isSignedIn={Boolean(user)}
            onWho={setWho}
            onSecret={setSecret}
            onClientId={onClientId}
          />
        )}
        {protocol === 'game' && <KeepAlive explorer={explorer} />}
        <Button
          ref={button}
          type="submit"
          variant={isOpen ? 'default' : 'filled'}
          aria-busy={isOpening}
          leftSection={isOpening && <Loader size={16} aria-hidden />}
        >
          {t(isOpening ? 'connection.cancel' : isOpen ? 'connection.disconnect' : connectWord(protocol, who))}
        </Button>
        <Ending state={state} />
      </Stack>
    </form>
  );
}

interface WhereProps {
  readonly protocol: Protocol;
  readonly clientId: string;
  readonly isOpen: boolean;
  /** As whom it is open. */
  readonly name: string;
}

/** Where the protocol's socket is, and who is there. */
function Where({ protocol, clientId, isOpen, name }: WhereProps) {
  const { t } = useTranslation('explorer');
  const { socket, title, anonymous } = FACTS[protocol];
  const path = isOpen ? socketPath(protocol, clientId) : socket;
  const note = isOpen ? name : anonymous ? '' : t('connection.needsAccount', { protocol: title });
  return (
    <Text size="xs" className="explorer-soft" style={{ overflowWrap: 'anywhere' }}>
      {socket === null ? t('connection.noSocket') : <span className="explorer-number">{`WS ${path}`}</span>}
      {note !== '' && ` · ${note}`}
    </Text>
  );
}

interface WhoProps {
  readonly protocol: Protocol;
  readonly who: Who;
  readonly secret: Secret;
  readonly clientId: string;
  readonly isSignedIn: boolean;
  readonly canBe: (who: Who) => boolean;
  readonly onWho: (who: Who) => void;
  readonly onSecret: (secret: Secret) => void;
  readonly onClientId: (clientId: string) => void;
}

/** As whom to connect. */
function Who({ protocol, who, secret, clientId, isSignedIn, canBe, onWho, onSecret, onClientId }: WhoProps) {
  const { t } = useTranslation('explorer');
  return (
    <>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label={t('connection.as')}
        value={who}
        onChange={(value) => onWho(value)}
        data={WHO.map((value) => ({ value, label: t(`connection.${value}`), disabled: !canBe(value) }))}
      />
      {!isSignedIn && (
        <Text size="xs" className="explorer-soft">
          <Anchor href="#/" inherit>
            {t('connection.signInFirst')}
          </Anchor>
        </Text>
      )}
      <WhoFields {...{ who, secret, protocol }} onChange={onSecret} />
      {protocol === 'rest' && (
        <TextInput
          size="sm"
          label={t('connection.clientId')}
          description={t('connection.clientIdHint')}
          value={clientId}
          maxLength={128}
          required
          withAsterisk={false}
          onChange={(event) => onClientId(event.currentTarget.value)}
        />
      )}
    </>
  );
}

function connectWord(protocol: Protocol, who: Who) {
  if (FACTS[protocol].socket !== null) return 'connection.connect' as const;
  return who === 'password' ? ('connection.logIn' as const) : ('connection.ready' as const);
}

function identityOf(who: Who, { token, username, password }: Secret): Identity {
  switch (who) {
    case 'anonymous':
      return { kind: 'anonymous' };
    case 'me':
      return { kind: 'token', token: () => switchboard.token() };
    case 'token':
      return { kind: 'token', token: () => Promise.resolve(token.trim()) };
    case 'password':
      return { kind: 'password', username, password };
  }
}

interface WhoFieldsProps {
  readonly who: Who;
  readonly protocol: Protocol;
  readonly secret: Secret;
  readonly onChange: (secret: Secret) => void;
}

function WhoFields({ who, protocol, secret, onChange }: WhoFieldsProps) {
  const { t } = useTranslation('explorer');
  const { logIn } = FACTS[protocol];
  const rest = { size: 'sm', required: true, withAsterisk: false } as const;
  if (who === 'token') {
    return (
      <PasswordInput
        {...rest}
        label={t('connection.tokenField')}
        description={t('connection.tokenHint')}
        autoComplete="off"
        value={secret.token}
        onChange={(event) => onChange({ ...secret, token: event.currentTarget.value })}
      />
    );
  }
  if (who !== 'password') return null;
  return (
    <>
      <Group grow gap="xs" align="start">
        <TextInput
          {...rest}
          label={t('connection.username')}
          autoComplete="off"
          value={secret.username}
          onChange={(event) => onChange({ ...secret, username: event.currentTarget.value })}
        />
        <PasswordInput
          {...rest}
          label={t('connection.passwordField')}
          autoComplete="off"
          value={secret.password}
          onChange={(event) => onChange({ ...secret, password: event.currentTarget.value })}
        />
      </Group>
      <Text size="xs" className="explorer-soft">
        {logIn === 'frame' ? t('connection.logInFrame') : t('connection.logInHint', { path: logIn.path })}
      </Text>
    </>
  );
}

function KeepAlive({ explorer }: { readonly explorer: Explorer }) {
  const { t } = useTranslation('explorer');
  const [keepsAlive, setKeepsAlive] = useState(explorer.keepsAlive());
  return (
    <Switch
      size="xs"
      label={t('connection.keepAlive')}
      description={t('connection.keepAliveHint')}
      checked={keepsAlive}
      onChange={(event) => {
        explorer.keepAlive(event.currentTarget.checked);
        setKeepsAlive(event.currentTarget.checked);
      }}
    />
  );
}

const COLOURS = { idle: 'gray.5', opening: 'yellow', open: 'teal', closed: 'red' } as const;

function Status({ state: { status, close }, protocol }: { readonly state: ConnectionState; readonly protocol: Protocol }) {
  const { t } = useTranslation('explorer');
  const name = status === 'open' && FACTS[protocol].socket === null ? 'ready' : status;
  return (
    <Badge role="status" data-status={status} variant="dot" tt="none" size="lg" color={COLOURS[status]}>
      {close ? t('state.closedWith', { code: close.code }) : t(`state.${name}`)}
    </Badge>
  );
}
