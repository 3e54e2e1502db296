import { Badge, Card, Group, Stack, Text, UnstyledButton } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { CodeBlock } from './code-block';
import { masked } from './masking';
import { FACTS, PROTOCOLS, type Protocol } from './protocols';
import type { SecretProps } from './secret-switch';
import type { RequestDraft } from './use-request';
import type { Request, Wire } from './wire';
import { wireOf, wireText } from './wires';

interface ProtocolsViewProps extends SecretProps {
  readonly draft: RequestDraft;
  readonly protocol: Protocol;
  readonly onProtocol: (protocol: Protocol) => void;
}

/** One request as it looks in all protocols. */
export function ProtocolsView({ draft, protocol, onProtocol, withSecrets, secrets }: ProtocolsViewProps) {
  const { t } = useTranslation('explorer');
  const { request } = draft;
  if (draft.isRawOwn && draft.view === 'raw') return <Hint text={t('protocols.raw')} />;
  if (!request) return <Hint text={t('command.notJson')} />;
  return (
    <Stack p="md" gap="md">
      <Text size="sm" className="explorer-soft">
        {t('protocols.intro')}
      </Text>
      <div className="explorer-cards">
        {PROTOCOLS.map((each) => (
          <ProtocolCard
            key={each}
            protocol={each}
            request={request}
            isChosen={each === protocol}
            onChoose={() => onProtocol(each)}
            mask={(text) => (withSecrets ? text : masked(text, secrets))}
          />
        ))}
      </div>
    </Stack>
  );
}

function Hint({ text }: { readonly text: string }) {
  return (
    <Text p="lg" size="sm" className="explorer-soft">
      {text}
    </Text>
  );
}

interface ProtocolCardProps {
  readonly protocol: Protocol;
  readonly request: Request;
  readonly isChosen: boolean;
  readonly onChoose: () => void;
  readonly mask: (text: string) => string;
}

/** How the wire goes, in the words of protocols. */
function wayOf(protocol: Protocol, wire: Wire): string {
  if (wire.kind === 'http') return 'HTTP';
  return wire.kind === 'event' ? `emit → ${FACTS[protocol].socket}` : `WS ${FACTS[protocol].socket}`;
}

function ProtocolCard({ protocol, request, isChosen, onChoose, mask }: ProtocolCardProps) {
  const { t } = useTranslation('explorer');
  const wire = wireOf(protocol, request);
  const { title } = FACTS[protocol];
  return (
    <Card
      component="section"
      withBorder
      padding="sm"
      className={isChosen ? 'explorer-chosen' : ''}
      aria-label={title}
      data-protocol={protocol}
    >
      <Group justify="space-between" mb={6} wrap="nowrap">
        <Group gap="xs">
          <UnstyledButton onClick={onChoose} aria-pressed={isChosen} fw={600}>
            {title}
          </UnstyledButton>
          {isChosen && (
            <Badge size="sm" tt="none">
              {t('protocols.chosen')}
            </Badge>
          )}
        </Group>
        <Text size="xs" className="explorer-soft explorer-number">
          {wayOf(protocol, wire)}
        </Text>
      </Group>
      {wire.notes.map((note) => (
        <Text key={note} size="xs" className="explorer-soft" mb={6}>
          {t(`protocols.notes.${note}`)}
        </Text>
      ))}
      <CodeBlock text={mask(wireText(wire, 2))} label={title} copyLabel={t('protocols.copy', { protocol: title })} isJson />
    </Card>
  );
}
