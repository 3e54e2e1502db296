/** Filters that have an index with the id in it; the first one given leads, and the others are looked at row by row. */
const LEADERS = ['user_id', 'actor_id', 'ip', 'action', 'protocol'] as const;

export type AuditColumn = (typeof LEADERS)[number];

/** Entries that one request looks at; where few of many fit, it takes several to find them. */
const MAX_LOOKED = 20_000;

/**
 * Entries by id are entries by time, but for those of transactions that ran side by side, and for a clock that was set: so much earlier
 * and later is looked, too.
 */
const SLACK = `interval '1 minute'`;

export interface AuditStatement {
  readonly text: string;
  readonly values: readonly unknown[];
}

/** What is asked of the log; times in unix milliseconds. */
export interface AuditQuery {
  readonly columns: Readonly<Partial<Record<AuditColumn, string | number>>>;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

/**
 * A page of the log, newest first, with one row more where there is one. Where it is not full, `reach` is the last id that was looked at, or
 * null at the end of the log; of an empty page the one row that there is has no id.
 * Plan: Limit over an Index Scan Backward of the index of the leading filter (of audit_log_pkey where there is none), bounded by id and
 * by MAX_LOOKED, and read no further than the page takes; the bounds of a time by audit_log_at_idx; names by users_pkey. Never a prepared
 * statement: which index is right depends on the filters.
 */
export function auditPage({ columns, since, until, before, limit }: AuditQuery): AuditStatement {
  const values: unknown[] = [];
  const bind = (value: unknown): string => `$${values.push(value)}`;
  const given = LEADERS.flatMap((name) => (columns[name] === undefined ? [] : [{ name, value: columns[name] }]));
  const [leader, ...others] = given.map(({ name, value }) => `${name} = ${bind(value)}`);
  const timeOf = (ms: number): string => `to_timestamp(${bind(ms)}::float8 / 1000)`;
  const [from, to] = [since === undefined ? null : timeOf(since), until === undefined ? null : timeOf(until)];
  const bounds = [
    ...(leader === undefined ? [] : [leader]),
    ...(before === undefined ? [] : [`id < ${bind(before)}::bigint`]),
    ...(from === null ? [] : [`id >= (SELECT id FROM audit_log WHERE at >= ${from} - ${SLACK} ORDER BY at LIMIT 1)`]),
    ...(to === null ? [] : [`id <= (SELECT id FROM audit_log WHERE at < ${to} + ${SLACK} ORDER BY at DESC LIMIT 1)`]),
  ];
  const rest = [...others, ...(from === null ? [] : [`at >= ${from}`]), ...(to === null ? [] : [`at < ${to}`])];
  const looked = (what: string): string => `SELECT ${what} FROM audit_log ${where(bounds)} ORDER BY id DESC LIMIT ${MAX_LOOKED}`;
  const most = `${bind(limit)}::bigint`;
  const text = `
    WITH page AS MATERIALIZED (
      SELECT * FROM (${looked('*')}) AS looked ${where(rest)} ORDER BY id DESC LIMIT ${most} + 1
    )
    SELECT
      CASE WHEN (SELECT count(*) FROM page) <= ${most} THEN (
        SELECT CASE WHEN count(*) = ${MAX_LOOKED} THEN min(id) END FROM (${looked('id')}) AS looked
      ) END AS reach,
      p.id, p.at, p.action, p.actor_id, actor.username AS actor_name, p.user_id, account.username, p.protocol, p.ip, p.user_agent, p.details
    FROM (SELECT) AS one
    LEFT JOIN page p ON true
    LEFT JOIN users actor ON actor.id = p.actor_id
    LEFT JOIN users account ON account.id = p.user_id
    ORDER BY p.id DESC`;
  return { text, values };
}

const where = (conditions: readonly string[]): string => (conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '');
