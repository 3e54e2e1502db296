import { useMemo, useState } from 'react';
import type { CommandInfo } from './catalogue';
import type { Protocol } from './protocols';
import { faultsOf, type FieldFault } from './schema-check';
import type { JsonObject, Request, Wire } from './wire';
import { wireOf, wireText } from './wires';

export type RequestView = 'form' | 'json' | 'raw';

/** What is to be sent, and the ways to change it. */
export interface RequestDraft {
  readonly command: CommandInfo;
  readonly view: RequestView;
  readonly payload: JsonObject;
  readonly jsonText: string;
  /** null while the text of the JSON is none, or no object. */
  readonly jsonPayload: JsonObject | null;
  readonly rawText: string;
  readonly isRawOwn: boolean;
  readonly faults: readonly FieldFault[];
  /** The request but for what is new each time; null where the JSON is none. */
  readonly request: Request | null;
  readonly choose: (command: CommandInfo) => void;
  readonly show: (view: RequestView) => void;
  readonly setPayload: (payload: JsonObject) => void;
  readonly setJson: (text: string) => void;
  /** null: as the command says. */
  readonly setRaw: (text: string | null) => void;
}

/** In what is printed to be read or copied. */
const PRINTED_ID = 'r1';
const INDENT = 2;

const objectOf = (text: string): JsonObject | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
  } catch {
    return null;
  }
};

const START = 'system.ping';

/** The request that is being written. */
export function useRequest(commands: readonly CommandInfo[], protocol: Protocol): RequestDraft {
  const [command, setCommand] = useState(() => commands.find(({ name }) => name === START) ?? (commands[0] as CommandInfo));
  const [view, setView] = useState<RequestView>('form');
  const [payload, setPayload] = useState(command.start);
  const [json, setJson] = useState<string | null>(null);
  const [raw, setRaw] = useState<{ readonly protocol: Protocol; readonly text: string } | null>(null);
  const [printedAt] = useState(() => Math.floor(Date.now() / 1000));

  const jsonText = json ?? JSON.stringify(payload, null, INDENT);
  const jsonPayload = json === null ? payload : objectOf(json);
  const request = useMemo<Request | null>(
    () =>
      jsonPayload && {
        command: command.name,
        payload: jsonPayload,
        requestId: PRINTED_ID,
        now: printedAt,
        liveOnly: command.liveOnly,
      },
    [command, jsonPayload, printedAt],
  );
  // A frame of another protocol would mean nothing here.
  const isRawOwn = raw !== null && raw.protocol === protocol;
  const rawText = isRawOwn ? raw.text : request ? wireText(wireOf(protocol, request), INDENT) : '';
  return {
    command,
    view,
    payload,
    jsonText,
    jsonPayload,
    rawText,
    isRawOwn,
    faults: jsonPayload ? faultsOf(command.fields, jsonPayload) : [],
    request,
    choose(next) {
      setCommand(next);
      setPayload(next.start);
      setJson(null);
      setRaw(null);
    },
    show(next) {
      // What was written as JSON is in the form, and the other way round; what is no JSON stays where it is.
      if (next === 'form' && json !== null) {
        if (!jsonPayload) return;
        setPayload(jsonPayload);
        setJson(null);
      }
      setView(next);
    },
    setPayload,
    setJson: (text) => setJson(text),
    setRaw: (text) => setRaw(text === null ? null : { protocol, text }),
  };
}

/** What is sent now: with an id and a time of its own. */
export const wireNow = (protocol: Protocol, request: Request, requestId: string): Wire =>
  wireOf(protocol, { ...request, requestId, now: Math.floor(Date.now() / 1000) });
