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
import { useLocation } from 'wouter';
import type { Chat, Member } from '../../../clients/typescript/src/index.js';
import { useLive, useUser } from '../session/session';
import { confirm, useIsAsked } from '../shared/confirm';
import { showFault } from '../shared/show-fault';
import { useAction } from '../shared/use-action';
import type { ChatList } from './chat-list';
import type { ChatLog } from './chat-log';
import { isNobody } from './new-chat';

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
  const live = useLive();
  const [, go] = useLocation();
  const isAsked = useIsAsked();
  const role = chat.members.find((member) => member.user_id === id)?.role ?? 'member';
  const leave = async (): Promise<void> => {
    const isSure = await confirm({ text: t('chat.leaveSure', { name: chat.chat_name }), action: t('chat.leave') });
    if (!isSure) return;
    try {
      await live.command('chat.leave', { chat_id: chat.chat_id });
      list.forget(chat.chat_id);
      go('/chats');
    } catch (thrown) {
      showFault(thrown, t);
    }
  };
  return (
    <Drawer
      opened={isOpen}
      // Esc answers the question that is asked above it, and nothing else.
      closeOnEscape={!isAsked}
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
      log.know(await live.command('chat.add_members', { chat_id: log.chatId, members: [name.trim()] }));
      setName('');
    },
    (error) => (isNobody(error) ? t('chat.nobody') : undefined),
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

interface PersonProps {
  readonly member: Member;
  /** What whoever is looking is here. */
  readonly role: Member['role'];
  readonly log: ChatLog;
}

function Person({ member, role, log }: PersonProps) {
  const { t } = useTranslation();
  const { id } = useUser();
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
          {t(member.online ? 'chat.online' : 'chat.offline')}
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

function PersonMenu({ member, role, log }: PersonProps) {
  const { t } = useTranslation();
  const live = useLive();
  const mayRemove = role === 'owner' || (role === 'admin' && member.role === 'member');
  const mayPromote = role === 'owner' && member.role !== 'owner';
  if (!mayRemove && !mayPromote) return null;
  const change = (work: Promise<unknown>): void => {
    work.then(
      () => log.refresh(),
      (thrown: unknown) => showFault(thrown, t),
    );
  };
  const giveRole = (given: 'admin' | 'member'): void =>
    change(live.command('chat.add_members', { chat_id: log.chatId, members: [member.username], role: given }));
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`${t('app.more')}: ${member.username}`}>
          <Ellipsis size={16} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {mayPromote && (
          <Menu.Item onClick={() => giveRole(member.role === 'admin' ? 'member' : 'admin')}>
            {t(member.role === 'admin' ? 'chat.makeMember' : 'chat.makeAdmin')}
          </Menu.Item>
        )}
        {mayRemove && (
          <Menu.Item
            c="var(--mantine-color-red-light-color)"
            onClick={() => change(live.command('chat.remove_member', { chat_id: log.chatId, user_id: member.user_id }))}
          >
            {t('chat.remove')}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
