/**
 * What goes from one server of a cluster to another. The header has a fixed size, and begins with the one it is for:
 * where an adapter hands it to all, the others look at no more than that. `PROTOCOL.md` § Between servers. All numbers are
 * little endian.
 *
 *     message: [target: 8 bytes][source: 8 bytes][type: u8][version: u8][0: u16]
 *              [generation: u32][sequence: u32] section …
 *     section: [kind: u8][length of the body: u32] body
 */

/** Of a message, in bytes. */
export const NODE_HEADER = 28;

/** Of a section, in bytes. */
export const SECTION_HEADER = 5;

/** What servers say to each other has changed when this changes: they do not mix. */
export const CLUSTER_VERSION = 1;

/** For all: a target that no server has. */
export const EVERYBODY = '0'.repeat(16);

const TARGET = 0;
const SOURCE = 8;
const TYPE = 16;
const VERSION = 17;
const GENERATION = 20;
const SEQUENCE = 24;
const ID_SIZE = 8;

/** Types of messages. */
export const NODE_MESSAGES = {
  /** Its source is alive. To all. */
  beat: 0,
  /** The sections with this number, of a row that begins with 1 for each generation. */
  data: 1,
  /** All up to this number have come, of the receiver's generation. */
  acknowledge: 2,
  /** The same, and something behind that has come as well: it is to be sent again from there. */
  gap: 3,
  /** The receiver's generation is not known here: it has to begin anew. */
  restart: 4,
  /** Its source leaves. To all. */
  leave: 5,
} as const;

export type NodeMessageType = (typeof NODE_MESSAGES)[keyof typeof NODE_MESSAGES];

/** Kinds of sections. */
export const SECTIONS = {
  /** A note for the other server, as JSON. */
  note: 0,
  /** `[number of the session: u32]`, and a frame of packets that it sends, as a client would. */
  from: 1,
  /** `[number of the session: u32]`, and a frame of packets for it, as its own server would send them. */
  to: 2,
} as const;

/** What is read of a message: `isFor` has looked at whom it is for. */
export interface NodeMessage {
  readonly source: string;
  readonly type: NodeMessageType;
  readonly generation: number;
  readonly sequence: number;
}

/** What is written of it. */
export interface AddressedMessage extends NodeMessage {
  readonly target: string;
}

/** Whether a message is for this server: looks at the first bytes only. */
export function isFor(bytes: Buffer, id: Buffer): boolean {
  if (bytes.byteLength < NODE_HEADER || bytes[VERSION] !== CLUSTER_VERSION) return false;
  return bytes.compare(id, 0, ID_SIZE, TARGET, ID_SIZE) === 0 || isForAll(bytes);
}

function isForAll(bytes: Buffer): boolean {
  return bytes.readUInt32LE(TARGET) === 0 && bytes.readUInt32LE(TARGET + 4) === 0;
}

export function readNodeMessage(bytes: Buffer): NodeMessage {
  return {
    source: bytes.toString('hex', SOURCE, SOURCE + ID_SIZE),
    type: bytes[TYPE] as NodeMessageType,
    generation: bytes.readUInt32LE(GENERATION),
    sequence: bytes.readUInt32LE(SEQUENCE),
  };
}

export function writeNodeHeader(into: Buffer, message: AddressedMessage): void {
  into.write(message.target, TARGET, 'hex');
  into.write(message.source, SOURCE, 'hex');
  into[TYPE] = message.type;
  into[VERSION] = CLUSTER_VERSION;
  into.writeUInt16LE(0, VERSION + 1);
  into.writeUInt32LE(message.generation, GENERATION);
  into.writeUInt32LE(message.sequence, SEQUENCE);
}

/** A message without sections. */
export function bareMessage(message: AddressedMessage): Buffer {
  const bytes = Buffer.allocUnsafe(NODE_HEADER);
  writeNodeHeader(bytes, message);
  return bytes;
}

/** Calls back for each section. What is cut off is left out: servers of a cluster trust each other. */
export function eachSection(bytes: Buffer, visit: (kind: number, body: Buffer) => void): void {
  for (let at = NODE_HEADER; at + SECTION_HEADER <= bytes.byteLength; ) {
    const start = at + SECTION_HEADER;
    const end = start + bytes.readUInt32LE(at + 1);
    if (end > bytes.byteLength) return;
    visit(bytes[at] as number, bytes.subarray(start, end));
    at = end;
  }
}
