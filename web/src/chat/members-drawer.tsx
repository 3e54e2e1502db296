import {
  ActionIcon,
  Alert,
  Avatar,
  Badge,
  Box,
  Button,
  Drawer,
  Group,
  Indicator,
  Menu,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { Ellipsis } from 'lucide-react';
import { type SubmitEvent, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useReporting } from '../contacts/reporting';
import { useBlocking, useBlocks } from '../contacts/use-blocks';
import type { Chat, Member } from '../../../clients/typescript/src/index.js';
import { useLive, useUser } from '../session/session';
import { useIsAsked } from '../shared/confirm';
import { isUserFault } from '../shared/form';
import { showFault } from '../shared/show-fault';
import { useAction } from '../shared/use-action';
import type { ChatList } from './chat-list';
import type { ChatLog } from './chat-log';
import { useLeave } from './use-leave';

interface MembersDrawerProps {
  readonly log: ChatLog;
  readonly list: ChatList;
  readonly chat: Chat;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Who is in a group, and what one's role there allows. */
export function MembersDrawer({ log, list, chat, isOpen, onClose }: MembersDrawerProps) {
  const { t } = useTranslation();
  const { id } = useUser();
  const leave = useLeave(log, list);
  const isAsked = useIsAsked();
  const { isReporting } = useReporting();
  const role = chat.members.find((member) => member.user_id === id)?.role ?? 'member';
  return (
    <Drawer
      opened={isOpen}
      // Esc closes what is asked above it, and nothing else.
      closeOnEscape={!isAsked && !isReporting}
      onClose={onClose}
      position="right"
      title={t('chat.members')}
      closeButtonProps={{ 'aria-label': t('app.close') }}
    >
      <Stack>
        {role !== 'member' && <AddMember log={log} />}
        <Box component="ul" p={0} m={0} style={{ listStyle: 'none' }}>
          {chat.members.map((member) => (
            <Person key={member.user_id} member={member} role={role} log={log} />
          ))}
          {log.invited.map((name) => (
            <Invited key={name} name={name} />
          ))}
        </Box>
        <Button variant="light" color="red" onClick={() => void leave()}>
          {t('chat.leave')}
        </Button>
      </Stack>
    </Drawer>
  );
}

function AddMember({ log }: { readonly log: ChatLog }) {
  const { t } = useTranslation();
  const live = useLive();
  const [name, setName] = useState('');
  const { run, isBusy, fault, fields } = useAction(
    async () => {
      const typed = name.trim();
      const { invited = [], ...chat } = await live.command('chat.add_members', { chat_id: log.chatId, members: [typed] });
      log.know(chat);
      if (invited.length > 0) log.invite([typed]);
      setName('');
    },
    (error) => (isUserFault(error) ? t('chat.nobody') : undefined),
  );
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void run();
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack gap="xs">
        {fault && (
          <Alert color="red" role="alert">
            {fault}
          </Alert>
        )}
        <Group align="end" wrap="nowrap">
          <TextInput
            style={{ flex: 1 }}
            label={t('chat.addMember')}
            placeholder={t('chat.who')}
            autoCapitalize="none"
            value={name}
            error={fault === null ? Object.values(fields)[0] : Object.keys(fields).length > 0}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <Button type="submit" loading={isBusy} disabled={!name.trim()}>
            {t('chat.add')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Somebody who joins as soon as they accept. */
function Invited({ name }: { readonly name: string }) {
  const { t } = useTranslation();
  return (
    <Group component="li" py={6} wrap="nowrap">
      <Avatar name={name} color="initials" size={36} alt="" aria-hidden />
      <Box style={{ minWidth: 0, flex: 1 }}>
        <Text truncate title={name}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {t('chat.invitedText')}
        </Text>
      </Box>
      <Badge variant="default" tt="none">
        {t('chat.invited')}
      </Badge>
    </Group>
  );
}

interface PersonProps {
  readonly member: Member;
  /** What whoever is looking is here. */
  readonly role: Member['role'];
  readonly log: ChatLog;
}

function Person({ member, role, log }: PersonProps) {
  const { t } = useTranslation();
  const { t: contacts } = useTranslation('contacts');
  const { id } = useUser();
  const isBlocked = useBlocks().has(member.user_id);
  const isSelf = member.user_id === id;
  return (
    <Group component="li" py={6} wrap="nowrap">
      <Indicator color="teal" size={10} offset={4} position="bottom-end" disabled={!member.online} withBorder>
        <Avatar name={member.username} color="initials" size={36} alt="" aria-hidden />
      </Indicator>
      <Box style={{ minWidth: 0, flex: 1 }}>
        <Text truncate title={member.username}>
          {member.username} {isSelf && `(${t('chat.you')})`}
        </Text>
        <Text size="xs" c="dimmed">
          {isBlocked ? contacts('block.blocked') : t(stateOf(member))}
        </Text>
      </Box>
      {member.role !== 'member' && (
        <Badge variant="light" tt="none">
          {t(`chat.${member.role}`)}
        </Badge>
      )}
      {!isSelf && <PersonMenu member={member} role={role} log={log} />}
    </Group>
  );
}

const stateOf = (member: Member) =>
  member.is_active === false ? 'chat.inactive' : member.online ? 'chat.online' : 'chat.offline';

function PersonMenu({ member, role, log }: PersonProps) {
  const { t } = useTranslation();
  const { t: contacts } = useTranslation('contacts');
  const live = useLive();
  const { report } = useReporting();
  const { block, unblock } = useBlocking();
  const { user_id: userId, username } = member;
  const isBlocked = useBlocks().has(userId);
  const mayRemove = role === 'owner' || (role === 'admin' && member.role === 'member');
  const mayPromote = role === 'owner' && member.role !== 'owner';
  const change = (work: Promise<unknown>): void => {
    work.then(
      () => log.refresh(),
      (thrown: unknown) => showFault(thrown, t),
    );
  };
  const giveRole = (given: 'admin' | 'member'): void =>
    change(live.command('chat.add_members', { chat_id: log.chatId, members: [username], role: given }));
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${t('app.more')}: ${username}`}>
          <Ellipsis size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {mayPromote && (
          <Menu.Item onClick={() => giveRole(member.role === 'admin' ? 'member' : 'admin')}>
            {t(member.role === 'admin' ? 'chat.makeMember' : 'chat.makeAdmin')}
          </Menu.Item>
        )}
        <Menu.Item onClick={() => report({ userId, username })}>{contacts('report.action')}</Menu.Item>
        {isBlocked ? (
          <Menu.Item onClick={() => void unblock(userId, username)}>{contacts('block.undoName', { name: username })}</Menu.Item>
        ) : (
          <Menu.Item onClick={() => void block({ user_id: userId }, username)}>
            {contacts('block.name', { name: username })}
          </Menu.Item>
        )}
        {mayRemove && (
          <Menu.Item
            c="var(--mantine-color-red-light-color)"
            onClick={() => change(live.command('chat.remove_member', { chat_id: log.chatId, user_id: userId }))}
          >
            {t('chat.remove')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
