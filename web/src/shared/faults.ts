import type { TFunction } from 'i18next';
import { ApiError, CommandError } from '../../../clients/typescript/src/index.js';

interface FieldFault {
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly type: string;
}

/** What the server calls the faults that people meet in forms. Others are shown in its words. */
const WORDS = {
  'value_error.missing': 'faults.missing',
  'value_error.any_str.min_length': 'faults.tooShort',
  'value_error.any_str.max_length': 'faults.tooLong',
  'value_error.str.regex': 'faults.characters',
  'value_error.email': 'faults.email',
  'value_error.members': 'faults.oneOther',
  'value_error.password.common': 'faults.commonPassword',
  'value_error.password.own_name': 'faults.ownName',
} as const;

type FaultText = 'offline' | 'tooMany' | 'forbidden' | 'notFound' | 'unavailable' | 'interrupted';

/** What goes wrong anywhere, by what HTTP calls it, and by what commands do. */
const STATUSES: Readonly<Record<number, `faults.${FaultText}`>> = {
  0: 'faults.offline',
  403: 'faults.forbidden',
  404: 'faults.notFound',
  429: 'faults.tooMany',
  502: 'faults.unavailable',
  503: 'faults.unavailable',
  504: 'faults.unavailable',
};
const CODES: Readonly<Record<string, `faults.${FaultText}`>> = {
  forbidden: 'faults.forbidden',
  not_found: 'faults.notFound',
  too_many_requests: 'faults.tooMany',
  unavailable: 'faults.unavailable',
  disconnected: 'faults.interrupted',
  closed: 'faults.interrupted',
  timeout: 'faults.interrupted',
};

const isKnown = (type: string): type is keyof typeof WORDS => Object.hasOwn(WORDS, type);

/** The limit is a number in the server's sentence. */
const worded = ({ type, msg }: FieldFault, t: TFunction): string =>
  isKnown(type) ? t(WORDS[type], { count: Number(/\d+/.exec(msg)?.[0] ?? 0) }) : msg;

const isFieldFault = (value: unknown): value is FieldFault =>
  typeof value === 'object' &&
  value !== null &&
  Array.isArray((value as FieldFault).loc) &&
  typeof (value as FieldFault).msg === 'string' &&
  typeof (value as FieldFault).type === 'string';

/** The faults of single fields, by the last part of their place; empty where the server named none. */
export function fieldFaults(error: unknown, t: TFunction): Record<string, string> {
  const list = error instanceof ApiError ? error.detail : error instanceof CommandError ? error.errors : undefined;
  if (!Array.isArray(list)) return {};
  return Object.fromEntries(
    (list as unknown[]).filter(isFieldFault).map((fault) => [String(fault.loc.at(-1)), worded(fault, t)]),
  );
}

/** Seconds. What is refused for less is a matter of a moment; for more, a limit of the hour or the day is used up. */
const MOMENT = 90;

const isTooMany = (error: unknown): error is ApiError | CommandError =>
  (error instanceof ApiError && error.status === 429) || (error instanceof CommandError && error.code === 'too_many_requests');

/** When one can go on after a limit was reached, in minutes, or hours if it takes longer. */
function limitText(seconds: number, t: TFunction): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes < 60 ? t('faults.limitMinutes', { count: minutes }) : t('faults.limitHours', { count: Math.ceil(minutes / 60) });
}

/** What to tell people of whatever was thrown. */
export function faultText(error: unknown, t: TFunction): string {
  if (error instanceof TypeError) return t('faults.offline');
  const waitSeconds = isTooMany(error) ? (error.retryAfter ?? 0) : 0;
  if (waitSeconds > MOMENT) return limitText(waitSeconds, t);
  const known =
    error instanceof ApiError ? STATUSES[error.status] : error instanceof CommandError ? CODES[error.code] : undefined;
  if (known !== undefined) return t(known);
  const [fault] = Object.entries(fieldFaults(error, t)).map(([field, msg]) => `${field}: ${msg}`);
  return t('faults.unknown', { detail: fault ?? (error instanceof Error ? error.message : String(error)) });
}

/** The answer of a request to the HTTP interface, or its error as something to throw. */
export async function answered<Data>(
  request: Promise<{ readonly data?: Data; readonly error?: unknown; readonly response: Response }>,
): Promise<Data> {
  const { data, error, response } = await request;
  if (response.ok) return data as Data;
  const detail = typeof error === 'object' && error !== null && 'detail' in error ? error.detail : error;
  throw new ApiError(response.status, detail, { retryAfter: response.headers.get('retry-after') });
}
