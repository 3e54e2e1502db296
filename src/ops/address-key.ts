import { isIPv6 } from 'node:net';

/** The eight groups of an IPv6 address, or undefined where it is none. */
function groupsOf(address: string): number[] | undefined {
  if (!isIPv6(address)) return undefined;
  // A dotted tail stands for the last two groups.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [(Number(a) << 8) | Number(b), (Number(c) << 8) | Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = '', tail] = plain.split('::');
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16)));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
}

/**
 * What stands for a client in limits: an IPv4 address, or the /64 of an IPv6 one, since a single customer is given at least
 * that many addresses (RFC 6177). IPv4 inside IPv6 (`::ffff:192.0.2.1`, RFC 4291 §2.5.5.2) is that IPv4 address.
 */
export function addressKey(address: string): string {
  const [bare = ''] = address.split('%'); // without a zone such as %eth0
  const groups = groupsOf(bare);
  if (!groups) return bare;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return groups
      .slice(6)
      .flatMap((group) => [group >> 8, group & 255])
      .join('.');
  }
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}
