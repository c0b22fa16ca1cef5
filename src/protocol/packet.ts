import type { Payload } from './payload.js';

/** What each field of a packet holds. */
interface FieldTypes {
  /** Towards the router: who is meant. From the router: who sent it, stamped by the router. */
  peer: string;
  /** The session of `peer`: towards the router 0 means whichever holds the id now. */
  epoch: number;
  /** Correlates an answer with what asked for it; chosen by the asker, rising. */
  id: number;
  /** Time that is left for an answer, in ms. */
  timeout: number;
  event: string;
  room: string;
  api: string;
  topic: string;
  /** Whether a call's arguments are all there is, or items follow on a stream. */
  input: CallBody;
  /** Whether one value comes on a call's stream, or any number of items. */
  output: CallBody;
  /** How many publications were left out. */
  count: number;
  clientId: string;
  version: number;
  secret: string;
  /** Largest packet that the server takes, in bytes. */
  maxPayload: number;
  /** The version of frames that this side reads; 0 for none. */
  frames: number;
  /** By which number frames name the session; 0 where there are none. */
  lane: number;
  /** A stream: towards the router by the sender's own number for it, from the router by the receiver's own. */
  stream: number;
  mode: StreamMode;
  /** How much more may be sent, in bytes as `stream-cost.ts` counts them. */
  credit: number;
  /** The latest that came with `credit`, sent back with what follows it: how a receiver measures the round trip. */
  probe: number;
  /** Arguments, an answer, an error, or a piece of a stream: opaque to the router. Last, where there is one. */
  payload: Payload;
}

/** A stream carries bytes, or values that each arrive as they were written. */
export type StreamMode = 'bytes' | 'objects';

/** What goes with a call in one direction: one value, or items until the end. */
export type CallBody = 'value' | 'items';

export type FieldName = keyof FieldTypes;

/** All but the payload. */
export type PlainFieldName = Exclude<FieldName, 'payload'>;

/** The wire, whole: every packet with its fields in their order. `PROTOCOL.md` § Packets. */
export const PACKET_FIELDS = {
  // between clients, through the router
  message: ['peer', 'event', 'payload'],
  request: ['peer', 'epoch', 'id', 'timeout', 'event', 'payload'],
  pair: ['peer', 'epoch', 'id', 'timeout'],
  reply: ['peer', 'epoch', 'id', 'payload'],
  reject: ['peer', 'epoch', 'id', 'payload'],
  cancel: ['peer', 'epoch', 'id'],
  open: ['peer', 'epoch', 'id', 'timeout', 'mode', 'credit', 'payload'],
  opened: ['peer', 'epoch', 'id', 'stream', 'credit'],
  call: ['peer', 'epoch', 'id', 'timeout', 'api', 'input', 'payload'],
  called: ['peer', 'epoch', 'id', 'stream', 'output', 'credit'],
  subscribe: ['peer', 'epoch', 'id', 'timeout', 'topic'],
  subscribed: ['peer', 'epoch', 'id', 'topic'],
  retained: ['peer', 'epoch', 'id', 'topic', 'payload'],
  // on a stream, from one end to the other
  data: ['stream', 'probe', 'payload'],
  part: ['stream', 'probe', 'payload'],
  credit: ['stream', 'credit', 'probe'],
  finish: ['stream'],
  reset: ['stream', 'payload'],
  // from a client to the router
  hello: ['clientId', 'version', 'secret', 'frames'],
  watch: ['peer'],
  unwatch: ['peer'],
  join: ['id', 'room'],
  leave: ['id', 'room'],
  'room-message': ['room', 'event', 'payload'],
  clients: ['id'],
  connected: ['id', 'clientId'],
  offer: [],
  services: ['id'],
  unsubscribe: ['peer', 'topic'],
  publish: ['topic', 'payload'],
  'publish-wait': ['id', 'timeout', 'topic', 'payload'],
  'close-topic': ['topic', 'payload'],
  // from the router to a client
  welcome: ['clientId', 'epoch', 'maxPayload', 'lane'],
  paired: ['peer', 'epoch'],
  'peer-gone': ['peer', 'epoch', 'id'],
  'session-gone': ['peer', 'epoch'],
  publication: ['peer', 'epoch', 'topic', 'payload'],
  missed: ['peer', 'epoch', 'topic', 'count'],
  'topic-closed': ['peer', 'epoch', 'topic', 'payload'],
  unsubscribed: ['peer', 'epoch', 'id', 'topic'],
  error: ['payload'],
  end: ['payload'],
} as const satisfies Record<string, readonly FieldName[]>;

export type PacketType = keyof typeof PACKET_FIELDS;

/** The packet of one type; of several types, either of them. */
export type PacketOf<T extends PacketType> = T extends PacketType
  ? { readonly type: T } & { readonly [F in (typeof PACKET_FIELDS)[T][number]]: FieldTypes[F] }
  : never;

/** Any packet. */
export type Packet = PacketOf<PacketType>;

/** What only the router may send. */
export const ROUTER_PACKETS = [
  'welcome',
  'paired',
  'peer-gone',
  'session-gone',
  'publication',
  'missed',
  'topic-closed',
  'unsubscribed',
  'error',
  'end',
] as const satisfies PacketType[];

const ROUTER_ONLY: ReadonlySet<PacketType> = new Set(ROUTER_PACKETS);

/** Whether a client may send packets of this type. */
export function isFromClient(type: PacketType): type is ClientPacketType {
  return !ROUTER_ONLY.has(type);
}

/** What a client may send. */
export type ClientPacketType = Exclude<PacketType, (typeof ROUTER_PACKETS)[number]>;

export type ClientPacket = PacketOf<ClientPacketType>;

/** A field of any packet, for those who go by the table. */
export function fieldOf(packet: Packet, field: FieldName): unknown {
  return (packet as Partial<Record<FieldName, unknown>>)[field];
}
