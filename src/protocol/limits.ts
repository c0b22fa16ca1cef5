/** Longest client id, in UTF-16 code units. */
export const MAX_CLIENT_ID_LENGTH = 128;

/** Longest event or room name, in UTF-16 code units. */
export const MAX_NAME_LENGTH = 256;

/** Longest instance secret, in characters. */
export const MAX_SECRET_LENGTH = 128;

/** Most arguments that one message or answer carries. */
export const MAX_ARGUMENTS = 255;

/** Deepest nesting of arrays and objects inside one argument. */
export const MAX_DEPTH = 64;

/** Operations that wait for the first connect at the same time, per client. */
export const MAX_QUEUED_OPERATIONS = 1_000;

/** Time that an operation may take unless told otherwise, in ms. */
export const DEFAULT_TIMEOUT = 10_000;

/** Longest deadline, in ms: what a timer can hold. */
export const MAX_TIMEOUT = 2_147_483_647;

/** Most credit that a stream has at once, in bytes. */
export const MAX_STREAM_WINDOW = 16 * 1_048_576;

/** Least window of a stream, and the one it begins with, in bytes. */
export const MIN_STREAM_WINDOW = 131_072;

/** Longest piece of a stream in one packet, in bytes: with its header it stays under 64 KiB, where websockets are fastest. */
export const MAX_STREAM_CHUNK = 65_000;

/** From this payload on a packet has a frame of its own, in bytes: joining such packets costs more than it saves. */
export const LARGE_PAYLOAD = 32_768;

/** With this much a frame leaves before the turn is over, in bytes: see `MAX_STREAM_CHUNK`. */
export const FULL_FRAME = 60_000;

/** Pieces of a stream are shorter only where no more is to be sent, in bytes. */
export const MIN_STREAM_PIECE = 1_024;

/** What a packet of a stream costs beside its payload, in bytes of credit: about what it takes in memory. */
export const STREAM_PACKET_COST = 256;

/** Largest object that a stream takes unless told otherwise, in encoded bytes. */
export const DEFAULT_MAX_OBJECT_SIZE = 1_048_576;

/** Most stream data that is on its way to one client, granted or queued in the server, in bytes. */
export const MAX_SESSION_INFLOW = 16 * 1_048_576;

/** What every stream may have on its way even when its client has no room left, in bytes: so that none starves. */
export const MIN_STREAM_INFLOW = 16_384;

/** Most publications that a topic keeps for late subscribers. */
export const MAX_RETAINED = 1_000;

/** Publications that wait to be taken from an iterated subscription; what comes beyond takes the place of the oldest. */
export const MAX_UNREAD_PUBLICATIONS = 1_000;

/** The same in bytes, as they were encoded. */
export const MAX_UNREAD_BYTES = 16 * 1_048_576;

/** What may be queued towards a subscriber before it counts as slow, in bytes. */
export const MAX_QUEUED_PUBLICATIONS = 1_048_576;

/** What may be queued towards a subscriber before it misses what was kept for late ones, in bytes. */
export const MAX_QUEUED_RETAINED = 16 * 1_048_576;

/** Publications of one topic that wait for slow subscribers, in bytes: what comes beyond is refused. */
export const MAX_WAITING_PUBLICATIONS = 1_048_576;
