import { Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { CodeBlock } from './code-block';
import type { ConnectionState } from './explorer';
import { rawWire } from './raw-wires';
import { masked } from './masking';
import type { Protocol } from './protocols';
import { SecretSwitch, type SecretProps } from './secret-switch';
import { LANGUAGES, snippet, type SnippetLanguage, snippetJob } from './snippets';
import type { RequestDraft } from './use-request';
import type { Wire } from './wire';
import { httpWire, wireOf } from './wires';
import { SERVER } from '../session/base';

const NAMES: Readonly<Record<SnippetLanguage, string>> = {
  wscat: 'wscat',
  python: 'Python',
  javascript: 'JavaScript',
  curl: 'curl',
};

interface CodeViewProps extends SecretProps {
  readonly draft: RequestDraft;
  readonly protocol: Protocol;
  readonly clientId: string;
  readonly state: ConnectionState;
}

function wireOfDraft(protocol: Protocol, { view, isRawOwn, rawText, request }: RequestDraft): Wire | null | undefined {
  if (view === 'raw' && isRawOwn) return rawWire(protocol, rawText);
  return request && wireOf(protocol, request);
}

/** The request as a program of a few lines. */
export function CodeView({ draft, protocol, clientId, state, withSecrets, onSecrets, secrets }: CodeViewProps) {
  const { t } = useTranslation('explorer');
  const [language, setLanguage] = useState<SnippetLanguage>('javascript');
  const wire = wireOfDraft(protocol, draft);
  const isOwn = draft.view === 'raw' && draft.isRawOwn;
  const http = draft.request && !isOwn ? httpWire(draft.request, []) : null;
  const withToken =
    draft.command.access !== 'anonymous' || !['rest', 'messenger', 'mcp'].includes(protocol) || state.token !== null;
  const made = wire && snippet(language, snippetJob({ protocol, origin: SERVER, clientId, withToken, wire, http }));
  return (
    <Stack p="md" gap="md">
      <Group justify="space-between" wrap="nowrap">
        <SegmentedControl
          aria-label={t('code.language')}
          value={language}
          onChange={(value) => setLanguage(value)}
          data={LANGUAGES.map((value) => ({ value, label: NAMES[value] }))}
        />
        <SecretSwitch withSecrets={withSecrets} onSecrets={onSecrets} />
      </Group>
      <Text size="sm" className="explorer-soft">
        {t('code.intro')}
      </Text>
      {made && 'code' in made ? (
        <CodeBlock
          text={withSecrets ? made.code : masked(made.code, secrets)}
          label={t('code.label')}
          copyLabel={t('code.copy')}
        />
      ) : (
        <Text size="sm">{made ? t(`code.${made.none}`) : t('command.notJson')}</Text>
      )}
    </Stack>
  );
}
