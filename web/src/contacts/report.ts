import type { CommandPayload } from '../../../clients/typescript/src/index.js';

export type Reason = CommandPayload<'moderation.report'>['reason'];

/** Why something is reported, in the order in which the reasons are offered. */
export const REASONS = ['spam', 'abuse', 'illegal', 'impersonation', 'other'] as const satisfies readonly Reason[];

/** A message that is reported, with its author; or a user as such. */
export interface ReportTarget {
  readonly userId: number;
  readonly username: string;
  readonly message?: { readonly chatId: number; readonly seq: number; readonly content: string };
}
