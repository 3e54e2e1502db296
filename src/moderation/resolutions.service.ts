import { Injectable, Logger } from '@nestjs/common';
import { lockSuperuser } from '../auth/account-locks.js';
import { Audit } from '../auth/audit.js';
import { type Suspension, Suspensions } from '../auth/suspensions.js';
import { Dispatcher } from '../commands/dispatcher.js';
import { Sql, type SqlTx } from '../database/sql.js';
import { CoreError } from '../errors/catalogue.js';
import { reasonOf } from '../errors/thrown.js';
import type { LiveSession } from '../identity/identity.js';
import type { Caller } from '../realtime/connection.js';
import { UsersRepository } from '../users/users.repository.js';
import { ModerationFeed } from './moderation-feed.js';
import type { Action, Report } from './report.js';
import { CLOSE_REPORT, TAKE_DOWN } from './reports.sql.js';
import { ReportsService } from './reports.service.js';

/** What is to become of a report. */
export type Decision =
  | { readonly action: 'delete' | 'dismiss'; readonly note: string | null }
  | { readonly action: 'suspend'; readonly suspension: Suspension };

/** A superuser who acts, and by which way. */
interface Actor {
  readonly session: LiveSession;
  readonly caller: Caller;
}

/**
 * Closes reports. Closing one and doing what it is closed with is one transaction: of two superusers who decide at once one wins, and
 * what the other decided is not done.
 */
@Injectable()
export class ResolutionsService {
  private readonly log = new Logger('Moderation');

  constructor(
    private readonly sql: Sql,
    private readonly users: UsersRepository,
    private readonly suspensions: Suspensions,
    private readonly reports: ReportsService,
    private readonly audit: Audit,
    private readonly feed: ModerationFeed,
    private readonly commands: Dispatcher,
  ) {}

  /**
   * @throws CoreError `not_found`; `conflict` where the report is closed already, is about no message (`delete`), or the account is gone
   * (`suspend`); `forbidden` and `invalid_input` as `Suspensions.suspend`
   */
  async resolve(id: number, decision: Decision, actor: Actor): Promise<Report> {
    const report = await this.reports.get(id);
    if (report.state === 'closed') throw closed();
    if (decision.action === 'suspend') await this.suspend(report, decision.suspension, actor);
    else if (decision.action === 'delete') await this.takeDown(report, decision.note, actor);
    else await this.sql.transaction((tx) => this.dismiss(tx, report, decision.note, actor));
    this.feed.publish({ event: 'resolved', data: { report_id: id, action: decision.action } });
    return this.reports.get(id);
  }

  private async dismiss(tx: SqlTx, report: Report, note: string | null, actor: Actor): Promise<void> {
    await this.close(tx, report, 'dismiss', { note, until: null }, actor);
    await lockSuperuser(this.users, tx, actor.session);
  }

  private async suspend(report: Report, suspension: Suspension, actor: Actor): Promise<void> {
    const { session, caller } = actor;
    const { reason: note, until } = suspension;
    const alongside = (tx: SqlTx): Promise<void> => this.close(tx, report, 'suspend', { note, until }, actor);
    try {
      await this.suspensions.suspend(report.user_id, suspension, session, caller.origin, alongside);
    } catch (thrown) {
      if (!(thrown instanceof CoreError) || thrown.code !== 'not_found') throw thrown;
      throw new CoreError('conflict', { detail: 'The account is gone', cause: thrown });
    }
  }

  private async takeDown(report: Report, note: string | null, actor: Actor): Promise<void> {
    const { chat_id: chatId, seq } = report;
    if (chatId === null || seq === null) throw new CoreError('conflict', { detail: 'The report is about no message' });
    const entry = await this.sql.transaction(async (tx) => {
      await this.close(tx, report, 'delete', { note, until: null }, actor);
      await lockSuperuser(this.users, tx, actor.session);
      const [row] = await tx.rows<{ seq: number | null }>(TAKE_DOWN, [chatId, actor.session.userId, seq]);
      return row?.seq ?? null;
    });
    if (entry !== null) await this.announce(chatId, entry, actor.caller);
  }

  private async close(
    tx: SqlTx,
    { report_id: id, user_id: userId }: Report,
    action: Action,
    { note, until }: { readonly note: string | null; readonly until: Date | null },
    { session, caller }: Actor,
  ): Promise<void> {
    const values = [id, session.userId, session.username, action, note, until];
    if ((await tx.affected(CLOSE_REPORT, values)) === 0) throw closed();
    const details = { report_id: id, action };
    await this.audit.write(tx, { action: 'report_resolved', actorId: session.userId, userId, origin: caller.origin, details });
  }

  /** The entry is committed: should this fail, the chat's members receive it when their node next compares itself with the log. */
  private async announce(chatId: number, seq: number, caller: Caller): Promise<void> {
    const call = { domain: 'chat', name: 'announce', payload: { chat_id: chatId, seq }, internal: true };
    try {
      await this.commands.run(call, caller);
    } catch (thrown) {
      this.log.warn(`The deletion of a message is not announced yet (${reasonOf(thrown)})`);
    }
  }
}

const closed = (): CoreError => new CoreError('conflict', { detail: 'The report is closed already' });
