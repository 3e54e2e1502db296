import type { Delivery } from '../realtime/delivery.js';
import type { Hub } from '../realtime/hub.js';
import { type Message, withheld } from './message.js';

/**
 * What each user is shown of an entry: those who have blocked its author, its place in the log; the one who comes or goes by it, that it is about
 * them.
 * @param blockers those connected here from whom its words are withheld
 */
export function viewsOf(hub: Hub, entry: Message, blockers: ReadonlySet<number> | undefined): (userId: number) => Delivery {
  const { kind, member_id: memberId } = entry;
  const everybody = hub.delivery({ domain: 'chat', event: kind, data: entry });
  const place = blockers && hub.delivery({ domain: 'chat', event: 'withheld', data: withheld(entry) });
  const own = memberId === undefined ? undefined : hub.delivery({ domain: 'chat', event: kind, data: entry, isOwn: true });
  return (userId) => {
    if (place && blockers.has(userId)) return place;
    return own && userId === memberId ? own : everybody;
  };
}
