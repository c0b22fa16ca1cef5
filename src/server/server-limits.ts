import { invalidArgument } from '../protocol/check-names.js';
import { MAX_TIMEOUT } from '../protocol/limits.js';

/**
 * What one client may use, unless it says otherwise. Each but the times can be `Infinity`, for no limit. What goes beyond
 * one fails with `RATE_LIMITED`, `LIMIT_EXCEEDED` or `PAYLOAD_TOO_LARGE`, and counts as a violation.
 */
export interface ServerLimits {
  /**
   * Largest payload of a packet, in bytes, at least 8,192. Clients with the
   * plugin keep 4,096 of it for the rest of the packet. Default: Socket.IO's `maxHttpBufferSize`.
   */
  readonly maxPacketBytes: number;
  /** The same of anything but streams. Default: no limit but that. */
  readonly maxPayloadBytes: number;
  /** Packets that a client may send in the long run. What a stream's credit has paid for is not counted. Default 10,000. */
  readonly packetsPerSecond: number;
  /** Packets that it may send at once. Default 100,000. */
  readonly packetBurst: number;
  /** The same in bytes. Default 64 MiB. */
  readonly bytesPerSecond: number;
  /** Default 256 MiB. */
  readonly byteBurst: number;
  /** Requests, calls, pairs, streams and subscriptions that a client has asked for and that are not answered yet. Default 10,000. */
  readonly maxRequests: number;
  /** Streams that it has opened. Default 1,000. */
  readonly maxStreams: number;
  /** Pairs that it has asked for. Default 1,000. */
  readonly maxPairs: number;
  /** Peers that it listens to by `from()`. Default 10,000. */
  readonly maxWatches: number;
  /** Topics that it subscribes to. Default 1,000. */
  readonly maxSubscriptions: number;
  /** Topics of a service that have subscribers. Default 10,000. */
  readonly maxTopics: number;
  /** Rooms that its socket is in, whoever put it there; those of topics are not counted. Default 1,000. */
  readonly maxRooms: number;
  /** Packets that wait until `authorize` has decided about those before them; more fail with `QUEUE_FULL`. Default 10,000. */
  readonly maxWaitingPackets: number;
  /** The same in bytes, streams apart. Default 16 MiB. */
  readonly maxWaitingBytes: number;
  /** Clients that are services, of the whole server. Default 10,000. */
  readonly maxServices: number;
  /** What may be queued on a client's connection before it counts as slow, in bytes, streams apart. Default 16 MiB. */
  readonly maxQueuedBytes: number;
  /** Attachments of a binary event that is not complete, for each connection, in bytes. Default 1 MiB. */
  readonly maxUnfinishedBytes: number;
  /** Time until the next of them has to come, where more than 64 KiB are held, in ms. Default 10,000. */
  readonly unfinishedTimeout: number;
  /** Violations until a client is closed with `POLICY_VIOLATION`. Default 1,000. */
  readonly violationBurst: number;
  /** Violations that are forgotten. Default 10. */
  readonly violationsPerSecond: number;
  /** Time for `authenticate`, in ms. Default 5,000. */
  readonly authenticateTimeout: number;
  /** Time for `authorize`, in ms; what comes later is a no. Default 5,000. */
  readonly authorizeTimeout: number;
  /** Time in which the holder of a client id must show that it is alive when another wants it, in ms. Default 1,000. */
  readonly probeTimeout: number;
}

export const DEFAULT_LIMITS: ServerLimits = Object.freeze({
  maxPacketBytes: Number.POSITIVE_INFINITY,
  maxPayloadBytes: Number.POSITIVE_INFINITY,
  packetsPerSecond: 10_000,
  packetBurst: 100_000,
  bytesPerSecond: 64 * 1_048_576,
  byteBurst: 256 * 1_048_576,
  maxRequests: 10_000,
  maxStreams: 1_000,
  maxPairs: 1_000,
  maxWatches: 10_000,
  maxSubscriptions: 1_000,
  maxTopics: 10_000,
  maxRooms: 1_000,
  maxWaitingPackets: 10_000,
  maxWaitingBytes: 16 * 1_048_576,
  maxServices: 10_000,
  maxQueuedBytes: 16 * 1_048_576,
  maxUnfinishedBytes: 1_048_576,
  unfinishedTimeout: 10_000,
  violationBurst: 1_000,
  violationsPerSecond: 10,
  authenticateTimeout: 5_000,
  authorizeTimeout: 5_000,
  probeTimeout: 1_000,
});

/** Less would leave no room beside what a packet needs. */
const LEAST_PACKET = 8_192;

/** @throws P2PError `INVALID_ARGUMENT` */
export function readLimits(given: unknown = {}): ServerLimits {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw invalidArgument('The option limits is an object');
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(DEFAULT_LIMITS, name)) throw invalidArgument(`There is no limit "${name}"`);
    if (value !== undefined) checkLimit(name, value);
  }
  const isGiven = ([, value]: [string, unknown]) => value !== undefined;
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(Object.entries(given).filter(isGiven)) };
}

function checkLimit(name: string, value: unknown): void {
  const isTime = name.endsWith('Timeout');
  const isRate = name.endsWith('PerSecond');
  if (typeof value !== 'number' || !(value >= 0)) throw invalidArgument(`The limit ${name} is a number from 0`);
  if (name === 'maxPacketBytes' && value < LEAST_PACKET)
    throw invalidArgument(`maxPacketBytes is at least ${LEAST_PACKET}`);
  if (isTime && !(value >= 1 && value <= MAX_TIMEOUT)) {
    throw invalidArgument(`The limit ${name} is in ms, 1 to ${MAX_TIMEOUT}`);
  }
  if (!isTime && !isRate && value !== Number.POSITIVE_INFINITY && !Number.isSafeInteger(value)) {
    throw invalidArgument(`The limit ${name} is a whole number, or Infinity`);
  }
}
