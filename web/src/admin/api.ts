import type { components, paths } from '../../../clients/typescript/src/index.js';
import { switchboard } from '../session/switchboard';
import { answered } from '../shared/faults';
import { nextOf } from './address';
import { noteClock } from './clock';

type Schemas = components['schemas'];
export type User = Schemas['AdminUser'];
export type Session = Required<Schemas['Session']>;
export type Connection = Schemas['Connection'];
export type AuditEntry = Schemas['AuditEntry'];
export type Figures = Schemas['Figures'];

export type ReportList = Schemas['Reports'];
export type ReportSummary = Schemas['ReportSummary'];
export type Report = Schemas['Report'];
export type Usage = Schemas['Usage'];
export type Decision = NonNullable<
  paths['/api/v1/reports/{report_id}/resolve']['post']['requestBody']
>['content']['application/json'];
export type Action = Decision['action'];
export type ReportState = ReportSummary['state'];

/** Characters of a reason that superusers give. */
export const MAX_NOTE = 500;

const { rest } = switchboard;

/** The answer with its headers; its error is thrown. */
async function whole<Data>(request: Promise<{ readonly data?: Data; readonly error?: unknown; readonly response: Response }>) {
  const result = await request;
  noteClock(result.response);
  return { data: await answered(Promise.resolve(result)), headers: result.response.headers };
}

const numberOf = (text: string | null): number | null => (text === null ? null : Number(text));
const ofUser = (id: number) => ({ path: { user_id: id } });

export interface UsersPage {
  readonly users: readonly User[];
  /** How many there are; null for a search, of which nobody counts the results. */
  readonly total: number | null;
  /** Where the next page begins; null on the last one. */
  readonly nextAfter: number | null;
}

/** A page of users. @param q beginning of a user name or e-mail @param after id after which the page begins */
export async function listUsers(q: string, after: number | null, limit: number): Promise<UsersPage> {
  const query = { limit, ...(q ? { q } : {}), ...(after === null ? {} : { after }) };
  const { data, headers } = await whole(rest.GET('/api/v1/users', { params: { query } }));
  return {
    users: data,
    total: numberOf(headers.get('x-total-count')),
    nextAfter: numberOf(nextOf(headers.get('link'), 'after')),
  };
}

export const readUser = (id: number): Promise<User> => answered(rest.GET('/api/v1/users/{user_id}', { params: ofUser(id) }));

export interface NewUser {
  readonly username: string;
  readonly email: string;
  readonly full_name: string | null;
  readonly password: string;
  readonly is_superuser: boolean;
}

export const createUser = (body: NewUser): Promise<User> => answered(rest.POST('/api/v1/users', { body }));

export type UserChanges = Partial<Pick<User, 'username' | 'full_name' | 'is_active' | 'is_superuser'> & { email: string }>;

export const changeUser = (id: number, body: UserChanges): Promise<User> =>
  answered(rest.PUT('/api/v1/users/{user_id}', { params: ofUser(id), body }));

export const deleteUser = (id: number): Promise<unknown> =>
  answered(rest.DELETE('/api/v1/users/{user_id}', { params: ofUser(id) }));

export const suspendUser = (id: number, body: { readonly until: string; readonly reason: string }): Promise<User> =>
  answered(rest.PUT('/api/v1/users/{user_id}/suspension', { params: ofUser(id), body }));

export const endSuspension = (id: number): Promise<User> =>
  answered(rest.DELETE('/api/v1/users/{user_id}/suspension', { params: ofUser(id) }));

export const readUsage = (id: number): Promise<Usage> =>
  answered(rest.GET('/api/v1/users/{user_id}/usage', { params: ofUser(id) }));

const REPORTS = 30;

/** A page of reports, newest first. @param cursor `next_cursor` of the page before */
export const listReports = (state: ReportState, cursor: string | null): Promise<ReportList> =>
  answered(rest.GET('/api/v1/reports', { params: { query: { state, limit: REPORTS, ...(cursor === null ? {} : { cursor }) } } }));

const ofReport = (id: number) => ({ path: { report_id: id } });

export const readReport = (id: number): Promise<Report> =>
  answered(rest.GET('/api/v1/reports/{report_id}', { params: ofReport(id) }));

export const resolveReport = (id: number, body: Decision): Promise<Report> =>
  answered(rest.POST('/api/v1/reports/{report_id}/resolve', { params: ofReport(id), body }));

/** A one-time token to set a new password with, and for how many seconds it is good. */
export const resetPassword = (id: number): Promise<{ token: string; expires_in: number }> =>
  answered(rest.POST('/api/v1/users/{user_id}/reset-password', { params: ofUser(id) }));

export async function listSessions(userId: number): Promise<readonly Session[]> {
  const { data } = await whole(rest.GET('/api/v1/users/{user_id}/sessions', { params: ofUser(userId) }));
  return data as Session[];
}

export const endSession = (userId: number, id: string): Promise<unknown> =>
  answered(rest.DELETE('/api/v1/users/{user_id}/sessions/{id}', { params: { path: { user_id: userId, id } } }));

export const endAllSessions = (userId: number): Promise<unknown> =>
  answered(rest.DELETE('/api/v1/users/{user_id}/sessions', { params: ofUser(userId) }));

export interface ConnectionList {
  /** What was asked for. */
  readonly filter: ConnectionFilter;
  /** Newest first. */
  readonly connections: readonly Connection[];
  /** How many there are, listed or not. */
  readonly total: number;
  /** Whether every node has answered. */
  readonly isWhole: boolean;
}

export interface ConnectionFilter {
  readonly userId: number | null;
  readonly protocol: string | null;
}

export async function listConnections({ userId, protocol }: ConnectionFilter): Promise<ConnectionList> {
  const query = { ...(userId === null ? {} : { user_id: userId }), ...(protocol ? { protocol } : {}) };
  const { data, headers } = await whole(rest.GET('/api/v1/connections', { params: { query } }));
  const total = numberOf(headers.get('x-total-count')) ?? data.length;
  return { filter: { userId, protocol }, connections: data, total, isWhole: !headers.has('x-nodes-missing') };
}

export const closeConnection = (id: string): Promise<unknown> =>
  answered(rest.DELETE('/api/v1/connections/{id}', { params: { path: { id } } }));

export interface AuditFilter {
  readonly action?: AuditEntry['action'];
  readonly user_id?: number;
  readonly actor_id?: number;
  readonly protocol?: string;
  readonly ip?: string;
  /** RFC 3339, with the next. */
  readonly since?: string;
  readonly until?: string;
}

export interface AuditPage {
  readonly entries: readonly AuditEntry[];
  /** Where to read on; null at the beginning of the log. */
  readonly nextBefore: number | null;
}

/** A page of the audit log, newest first. It may be empty although more follow. */
export async function readAudit(filter: AuditFilter, before: number | null, limit: number): Promise<AuditPage> {
  const query = { ...filter, limit, ...(before === null ? {} : { before }) };
  const { data, headers } = await whole(rest.GET('/api/v1/audit', { params: { query } }));
  return { entries: data, nextBefore: numberOf(nextOf(headers.get('link'), 'before')) };
}

export async function readFigures(): Promise<{ readonly figures: Figures; readonly isWhole: boolean }> {
  const { data, headers } = await whole(rest.GET('/api/v1/figures'));
  return { figures: data, isWhole: !headers.has('x-nodes-missing') };
}

/** Pages without any entry that are passed over at once. */
const EMPTY_PAGES = 5;

/** As `readAudit`, but goes on while nothing is found, for a while. */
export async function readAuditOn(filter: AuditFilter, before: number | null, limit: number): Promise<AuditPage> {
  let page = await readAudit(filter, before, limit);
  for (let passed = 0; passed < EMPTY_PAGES && page.entries.length === 0 && page.nextBefore !== null; passed += 1) {
    page = await readAudit(filter, page.nextBefore, limit);
  }
  return page;
}
