type Choices = Readonly<Record<string, string | undefined>>;

const ID = /^[1-9]\d{0,14}$/;
const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,6})?Z$/;

/** What of the address the server takes as a filter of the audit log; the rest is passed over. */
export function auditFilterOf<Action extends string>(choices: Choices, actions: readonly Action[]) {
  const { action, user_id: userId, actor_id: actorId, protocol, ip, since, until } = choices;
  const known = actions.find((one) => one === action);
  return {
    ...(known === undefined ? {} : { action: known }),
    ...(userId !== undefined && ID.test(userId) ? { user_id: Number(userId) } : {}),
    ...(actorId !== undefined && ID.test(actorId) ? { actor_id: Number(actorId) } : {}),
    ...(protocol ? { protocol: protocol.slice(0, 64) } : {}),
    ...(ip ? { ip: ip.slice(0, 64) } : {}),
    ...(since !== undefined && TIME.test(since) ? { since } : {}),
    ...(until !== undefined && TIME.test(until) ? { until } : {}),
  };
}

/** A moment as a field for date and time shows it, by the clock of whoever looks; empty for none. */
export function localTimeOf(moment: string | undefined): string {
  const date = new Date(moment ?? '');
  if (Number.isNaN(date.getTime())) return '';
  const two = (part: number): string => String(part).padStart(2, '0');
  const day = [String(date.getFullYear()).padStart(4, '0'), two(date.getMonth() + 1), two(date.getDate())].join('-');
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The moment that such a field names, in UTC; null for none, and for years that no clock shows. */
export function momentOf(localTime: string): string | null {
  const date = new Date(localTime);
  if (Number.isNaN(date.getTime()) || date.getUTCFullYear() > 9999) return null;
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** Entries by the day on which they were written, by the clock of whoever looks, in the order in which they come. */
export function byDay<Entry extends { readonly at: string }>(
  entries: readonly Entry[],
): { readonly day: Date; readonly entries: Entry[] }[] {
  const days: { day: Date; entries: Entry[] }[] = [];
  for (const entry of entries) {
    const day = new Date(entry.at);
    day.setHours(0, 0, 0, 0);
    const last = days.at(-1);
    if (last && last.day.getTime() === day.getTime()) last.entries.push(entry);
    else days.push({ day, entries: [entry] });
  }
  return days;
}
