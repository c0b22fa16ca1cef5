import { checkPeer } from '../protocol/check-names.js';
import type { P2PError } from '../protocol/p2p-error.js';
import { Payload } from '../protocol/payload.js';
import { createNodeDuplex, duplexClass, type NodeDuplex } from '../stream/node-duplex.js';
import type { StreamEnd } from '../stream/stream-end.js';
import { createWebStreams, type WebStreams } from '../stream/web-streams.js';
import { checkNoFunction } from './call-arguments.js';
import type { PeerEngine } from './peer-engine.js';
import type { Deadline } from './pending-operations.js';
import {
  checkStreamOptions,
  type DuplexOptions,
  duplexSettingsOf,
  type IncomingStream,
  limitsOf,
  type StreamOptions,
} from './stream-options.js';

/** A stream to or from a peer, as the web has it (CS-1). */
export interface P2PStream extends WebStreams {
  /** Client id of the other side. */
  readonly peer: string;
  /** What the opener said about it. */
  readonly metadata: unknown;
  readonly objectMode: boolean;
}

export interface OpenSettings {
  readonly deadline: Deadline;
  /** Where an error goes that nobody listens for. */
  readonly failed: (error: P2PError) => void;
}

/** CS-1, SS-3: opens a stream, as a Node Duplex. */
export async function openDuplex(
  engine: PeerEngine,
  clientId: string,
  options: StreamOptions & DuplexOptions,
  { deadline, failed }: OpenSettings,
): Promise<NodeDuplex> {
  checkPeer(clientId);
  checkStreamOptions(options);
  const Duplex = duplexClass(options.Duplex);
  const end = await open(engine, clientId, options, deadline);
  return createNodeDuplex(end, { ...duplexSettingsOf(options), Duplex, failed, signal: options.signal });
}

/** CS-1: opens a stream, as a pair of web streams. */
export async function openWebStreams(
  engine: PeerEngine,
  clientId: string,
  options: StreamOptions,
  { deadline }: OpenSettings,
): Promise<P2PStream> {
  checkPeer(clientId);
  checkStreamOptions(options);
  const { metadata, objectMode = false, signal } = options;
  const end = await open(engine, clientId, options, deadline);
  return webStreamsOf(end, { from: clientId, metadata, objectMode }, signal);
}

export function webStreamsOf(
  end: StreamEnd,
  { from, metadata, objectMode }: IncomingStream,
  signal?: AbortSignal,
): P2PStream {
  return { peer: from, metadata, objectMode, ...createWebStreams(end, signal) };
}

async function open(
  engine: PeerEngine,
  clientId: string,
  options: StreamOptions,
  { timeout, signal }: Deadline,
): Promise<StreamEnd> {
  const mode = options.objectMode ? 'objects' : 'bytes';
  checkNoFunction([options.metadata]);
  const metadata = Payload.encode(options.metadata === undefined ? [] : [options.metadata]);
  const signals = [signal, options.signal].filter((one) => one !== undefined);
  const either = signals.length > 1 ? AbortSignal.any(signals) : signals[0];
  const plan = { mode, metadata, ...limitsOf(options) } as const;
  const { end } = await engine.openStream(clientId, plan, { timeout, signal: either });
  // What ended at once is no stream to hand out.
  if (end.failure) throw end.failure;
  return end;
}
