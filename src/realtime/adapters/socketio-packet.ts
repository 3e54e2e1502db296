/** The types of packets of Socket.IO protocol 5 that matter before they are parsed. */
export const PACKET = {
  connect: '0',
  disconnect: '1',
  event: '2',
  ack: '3',
  connectError: '4',
  binaryEvent: '5',
  binaryAck: '6',
} as const;

/** A packet, taken apart as far as that can be done without reading its JSON. */
export interface PacketParts {
  /** How many binary packets follow that belong to it. */
  readonly attachments: number;
  readonly namespace: string;
  /** Of the acknowledgement that is asked for; empty where none is. */
  readonly id: string;
  readonly json: string;
}

/** `<type>[<attachments>-][<namespace>,][<id>][<JSON>]` */
const PARTS = /^\d(?:(\d{1,2})-)?(?:(\/[^,]*)(?:,|$))?(\d{0,15})/;

export function partsOf(packet: string): PacketParts {
  const [head = '', attachments = '0', namespace = '/', id = ''] = PARTS.exec(packet) ?? [];
  return { attachments: Number(attachments), namespace, id, json: packet.slice(head.length) };
}

/** A packet for the client. */
export function packetOf(type: string, { namespace, id = '' }: { namespace: string; id?: string }, data: unknown): string {
  return `${type}${namespace === '/' ? '' : `${namespace},`}${id}${JSON.stringify(data)}`;
}

/** Between the packets of one payload of long polling (Engine.IO protocol 4). */
const SEPARATOR = '\u001e';

/** Whether a payload has more packets than this, found out without taking it apart. */
export function hasMorePackets(payload: string, most: number): boolean {
  let packets = 1;
  for (let at = payload.indexOf(SEPARATOR); at !== -1; at = payload.indexOf(SEPARATOR, at + 1)) {
    packets += 1;
    if (packets > most) return true;
  }
  return false;
}
