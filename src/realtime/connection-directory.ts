import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { JsonValue } from '../bus/bus.js';
import { NodeName } from '../bus/node-name.js';
import { NodeQuestions } from '../bus/node-questions.js';
import { CoreError } from '../errors/catalogue.js';
import { printTime } from '../identity/print-time.js';
import { fitting } from '../validation/answer-size.js';
import { CLOSE } from './close-reasons.js';
import type { Connection } from './connection.js';
import { Hub } from './hub.js';

const LIST = 'connections.list';
const CLOSE_ONE = 'connections.close';
/** Of what another node lists. Messages of the bus may be twice as long; chats share it. */
const MAX_ANSWER_BYTES = 512 * 1024;

/** Which connections are meant. */
export interface ConnectionFilter {
  readonly id?: string | undefined;
  readonly userId?: number | undefined;
  readonly protocol?: string | undefined;
}

/** A live connection as people see it; times in UTC. Nothing in it opens anything. */
export interface ConnectionRecord {
  readonly id: string;
  readonly protocol: string;
  /** null while anonymous, with the next two. */
  readonly user_id: number | null;
  readonly username: string | null;
  readonly session_id: string | null;
  /** The id that the client gave itself, where its protocol has one. */
  readonly client_id: string | null;
  readonly ip: string;
  readonly user_agent: string | null;
  readonly connected_at: string;
  /** When its last frame came, or its answer to a ping. */
  readonly last_seen_at: string;
  /** The node that it is connected to. */
  readonly node: string;
}

/** The same with times in unix milliseconds, to be sorted by. */
type Row = Omit<ConnectionRecord, 'connected_at' | 'last_seen_at'> & { readonly openedAt: number; readonly seenAt: number };

/** What one node has. */
interface NodeList {
  readonly rows: readonly Row[];
  /** How many there are, listed or not. */
  readonly total: number;
  /** Whether it had to leave some out that would still have been listed. */
  readonly isCut: boolean;
}

export interface ConnectionList {
  /** Newest first. */
  readonly records: readonly ConnectionRecord[];
  readonly total: number;
  /** How many nodes did not say what they have; null where that is not known. */
  readonly missing: number | null;
}

interface ListQuestion {
  readonly filter: ConnectionFilter;
  readonly limit: number;
}

interface CloseQuestion {
  readonly id: string;
  readonly userId: number | null;
}

/** The live connections of the whole installation: each node knows its own and asks the others. */
@Injectable()
export class ConnectionDirectory implements OnModuleInit {
  constructor(
    private readonly hub: Hub,
    private readonly nodes: NodeQuestions,
    private readonly node: NodeName,
  ) {}

  onModuleInit(): void {
    this.nodes.onQuestion(LIST, (asked) => this.answerList(asked as unknown as ListQuestion));
    this.nodes.onQuestion(CLOSE_ONE, (asked) => this.closeHere(asked as unknown as CloseQuestion));
  }

  /**
   * The newest connections, on whatever node they are.
   * @param limit at most so many, from 1 to 1000
   * @throws CoreError `unavailable` where too many ask at once
   */
  async list(filter: ConnectionFilter, limit: number): Promise<ConnectionList> {
    const gathered = await this.nodes.ask(LIST, { filter: { ...filter }, limit });
    const lists = [this.listHere(filter, limit), ...gathered.answers.map((answer) => answer as unknown as NodeList)];
    // Of a node that left some out, those are not known between which its others would stand.
    const horizon = Math.max(0, ...lists.map(({ rows, isCut }) => (isCut ? (rows.at(-1)?.openedAt ?? Infinity) : 0)));
    const rows = lists.flatMap((list) => list.rows.filter(({ openedAt }) => openedAt >= horizon));
    return {
      records: fitting(rows.sort(newestFirst).slice(0, limit).map(recordOf)),
      total: lists.reduce((sum, { total }) => sum + total, 0),
      missing: gathered.missing,
    };
  }

  /**
   * One connection; null where nobody has it.
   * @param userId whose it has to be; null: anybody's
   * @throws CoreError `unavailable` where it may be on a node that did not answer
   */
  async find(id: string, userId: number | null): Promise<ConnectionRecord | null> {
    const filter = { id, ...(userId === null ? {} : { userId }) };
    const [here] = this.listHere(filter, 1).rows;
    if (here) return recordOf(here);
    const hasIt = (answer: JsonValue): boolean => (answer as unknown as NodeList).rows.length > 0;
    const { answers, missing } = await this.nodes.ask(LIST, { filter, limit: 1 }, hasIt);
    const [elsewhere] = answers.flatMap((answer) => (answer as unknown as NodeList).rows);
    if (elsewhere) return recordOf(elsewhere);
    if (missing !== 0) throw new CoreError('unavailable', { detail: 'Not every node answered' });
    return null;
  }

  /**
   * Closes a connection, on whatever node it is, with the words of its protocol.
   * @param userId whose it has to be; null: anybody's
   * @returns false where nobody has it
   * @throws CoreError `unavailable` where it may be on a node that did not answer
   */
  async close(id: string, userId: number | null): Promise<boolean> {
    if (this.closeHere({ id, userId })) return true;
    const { answers, missing } = await this.nodes.ask(CLOSE_ONE, { id, userId }, (answer) => answer === true);
    if (answers.includes(true)) return true;
    if (missing !== 0) throw new CoreError('unavailable', { detail: 'Not every node answered' });
    return false;
  }

  private closeHere({ id, userId }: CloseQuestion): boolean {
    const [connection] = this.matching({ id, ...(userId === null ? {} : { userId }) });
    if (!connection) return false;
    this.hub.close(connection, CLOSE.closed);
    return true;
  }

  private answerList({ filter, limit }: ListQuestion): JsonValue {
    const { rows, total } = this.listHere(filter, limit);
    let bytes = 0;
    const fitting = rows.findIndex((row) => (bytes += Buffer.byteLength(JSON.stringify(row)) + 1) > MAX_ANSWER_BYTES);
    const isCut = fitting >= 0;
    const list: NodeList = { rows: isCut ? rows.slice(0, fitting) : rows, total, isCut };
    return list as unknown as JsonValue;
  }

  private listHere(filter: ConnectionFilter, limit: number): NodeList {
    const found = this.matching(filter);
    const newest = found.sort((a, b) => b.openedAt - a.openedAt).slice(0, limit);
    const [now, date] = [performance.now(), Date.now()];
    return { rows: newest.map((connection) => this.rowOf(connection, now, date)), total: found.length, isCut: false };
  }

  private matching({ id, userId, protocol }: ConnectionFilter): Connection[] {
    const found: Connection[] = [];
    for (const connection of userId === undefined ? this.hub.connections() : this.hub.of(userId)) {
      if (id !== undefined && connection.id !== id) continue;
      if (protocol === undefined || connection.codec.protocol === protocol) found.push(connection);
    }
    return found;
  }

  private rowOf(connection: Connection, now: number, date: number): Row {
    const { id, codec, identity, clientId, origin, openedAt, seenAt } = connection;
    return {
      id,
      protocol: codec.protocol,
      user_id: identity?.session.userId ?? null,
      username: identity?.session.username ?? null,
      session_id: identity?.session.id ?? null,
      client_id: clientId,
      ip: origin.address,
      user_agent: origin.userAgent,
      openedAt,
      // The wall clock may have been set meanwhile: nothing is seen before it is there.
      seenAt: Math.max(openedAt, Math.round(date - (now - seenAt))),
      node: this.node.short,
    };
  }
}

/** By id where they came in the same millisecond, so that a list is the same twice. */
const newestFirst = (a: Row, b: Row): number => b.openedAt - a.openedAt || (a.id < b.id ? -1 : 1);

function recordOf({ openedAt, seenAt, node, ...rest }: Row): ConnectionRecord {
  return { ...rest, connected_at: printTime(new Date(openedAt)), last_seen_at: printTime(new Date(seenAt)), node };
}
