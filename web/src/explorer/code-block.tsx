import { ActionIcon, CopyButton, Tooltip } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';

/** What is coloured; longer texts would cost more than they tell. */
const MAX_COLOURED = 30_000;
const JSON_TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b/g;

/** A text with the values of its JSON told apart by colour. */
export function JsonText({ text }: { readonly text: string }) {
  const parts = useMemo(() => (text.length > MAX_COLOURED ? [text] : coloured(text)), [text]);
  return <>{parts}</>;
}

function coloured(text: string): React.ReactNode[] {
  const parts: React.ReactNode[] = [];
  let from = 0;
  for (const match of text.matchAll(JSON_TOKEN)) {
    const [whole, quoted, colon, word] = match;
    const isName = quoted !== undefined && colon !== undefined;
    parts.push(text.slice(from, match.index));
    from = match.index + whole.length;
    if (isName) parts.push(whole);
    else
      parts.push(
        <span
          key={match.index}
          className={quoted === undefined ? (word === undefined ? 'json-number' : 'json-word') : 'json-text'}
        >
          {whole}
        </span>,
      );
  }
  parts.push(text.slice(from));
  return parts;
}

/** A button that copies. */
export function CopyIcon({ text, label }: { readonly text: string; readonly label: string }) {
  const { t } = useTranslation();
  // Pages without TLS may not copy.
  if (!isSecureContext) return null;
  return (
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t('app.copied') : label}>
          <ActionIcon variant="subtle" color="gray" onClick={copy} aria-label={copied ? t('app.copied') : label}>
            {copied ? <Check size={16} aria-hidden /> : <Copy size={16} aria-hidden />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}

interface CodeBlockProps {
  readonly text: string;
  readonly copyLabel: string;
  readonly label: string;
  readonly isJson?: boolean;
}

/** Something to be read and copied. */
export function CodeBlock({ text, copyLabel, label, isJson = false }: CodeBlockProps) {
  return (
    <figure className="explorer-block" aria-label={label}>
      <pre className="explorer-code">{isJson ? <JsonText text={text} /> : text}</pre>
      <CopyIcon text={text} label={copyLabel} />
    </figure>
  );
}
