import type { Duplex } from 'node:stream';
import type { P2PClientSocket } from '../client/p2p-client-plugin.js';

export interface OpenOptions {
  readonly metadata: unknown;
  /** For the answer, in ms. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** Opens a stream of bytes to a client. */
export async function openStream(
  socket: P2PClientSocket,
  clientId: string,
  { metadata, timeout, signal }: OpenOptions,
): Promise<Duplex> {
  const duplex = await socket.with({ timeout, signal }).addP2pStream(clientId, { metadata });
  // Whoever waits for its end hears of it there.
  duplex.on('error', () => {});
  return duplex;
}
