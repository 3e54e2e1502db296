import { Button, Modal, SegmentedControl, TagsInput, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useLocation } from 'wouter';
import { Form, isUserFault } from '../shared/form';
import { useAction } from '../shared/use-action';
import type { ChatList } from './chat-list';
import { missingFrom } from './missing-members';

interface NewChatProps {
  readonly list: ChatList;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function NewChat({ list, isOpen, onClose }: NewChatProps) {
  const { t } = useTranslation();
  return (
    <Modal opened={isOpen} onClose={onClose} title={t('chat.new')} centered closeButtonProps={{ 'aria-label': t('app.close') }}>
      <NewChatForm list={list} onDone={onClose} />
    </Modal>
  );
}

function NewChatForm({ list, onDone }: { readonly list: ChatList; readonly onDone: () => void }) {
  const { t } = useTranslation();
  const [, go] = useLocation();
  const [type, setType] = useState<'personal' | 'group'>('personal');
  const [who, setWho] = useState('');
  const [name, setName] = useState('');
  const [members, setMembers] = useState<string[]>([]);
  const isPersonal = type === 'personal';
  const { run, isBusy, fault, fields } = useAction(
    async () => {
      const { invited = [], ...chat } = await list.live.command('chat.create', {
        chat_type: type,
        members: isPersonal ? [who.trim()] : members,
        ...(isPersonal ? {} : { chat_name: name.trim() || null }),
      });
      list.know(chat);
      if (!isPersonal && invited.length > 0) list.log(chat.chat_id).invite(missingFrom(chat, members));
      go(`/chats/${chat.chat_id}`);
      onDone();
    },
    (error) => (isUserFault(error) ? t('chat.nobody') : undefined),
  );
  // What is said above needs no second time below.
  const memberFault = fault === null ? Object.values(fields)[0] : Object.keys(fields).length > 0;
  return (
    <Form fault={fault} onSubmit={() => void run()}>
      <SegmentedControl
        fullWidth
        aria-label={t('chat.new')}
        value={type}
        onChange={setType}
        data={[
          { value: 'personal', label: t('chat.personal') },
          { value: 'group', label: t('chat.group') },
        ]}
      />
      {isPersonal ? (
        <TextInput
          key="personal"
          label={t('chat.who')}
          data-autofocus
          autoCapitalize="none"
          value={who}
          error={memberFault}
          onChange={(event) => setWho(event.currentTarget.value)}
        />
      ) : (
        <>
          <TextInput
            label={t('chat.groupName')}
            maxLength={200}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TagsInput
            label={t('chat.members')}
            description={t('chat.membersHint')}
            value={members}
            onChange={setMembers}
            error={memberFault}
            acceptValueOnBlur
            clearable={false}
            splitChars={[',', ' ', ';']}
          />
        </>
      )}
      <Button type="submit" loading={isBusy} disabled={isPersonal ? !who.trim() : !name.trim() && members.length === 0}>
        {t('chat.begin')}
      </Button>
    </Form>
  );
}
