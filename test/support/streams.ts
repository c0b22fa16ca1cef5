import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { IncomingStream } from '../../src/peer/stream-options.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { startRelay, type TestClient, type TestRelay } from './relay.js';

/** A relay with two clients and a stream between them. */
export interface StreamScene {
  readonly relay: TestRelay;
  readonly alice: TestClient;
  readonly bob: TestClient;
  /** Alice's end, who opened it. */
  readonly near: Duplex;
  /** Bob's end. */
  readonly far: Duplex;
}

type OpenOptions = Parameters<TestClient['addP2pStream']>[1];
type AcceptOptions = Parameters<TestClient['onAddP2pStream']>[0];

export async function startClients(): Promise<Pick<StreamScene, 'relay' | 'alice' | 'bob'>> {
  const relay = await startRelay();
  return { relay, alice: await relay.connect('alice'), bob: await relay.connect('bob') };
}

export async function startStream(open: OpenOptions = {}, accept: AcceptOptions = {}): Promise<StreamScene> {
  const clients = await startClients();
  const { near, far } = await openPair(clients, open, accept);
  return { ...clients, near, far };
}

/** One more stream between the two. */
export async function openPair(
  { alice, bob }: Pick<StreamScene, 'alice' | 'bob'>,
  open: OpenOptions = {},
  accept: AcceptOptions = {},
): Promise<Pick<StreamScene, 'near' | 'far'>> {
  const accepted = nextStream(bob, accept);
  const near = await alice.addP2pStream(bob.clientId, open);
  const { duplex: far } = await accepted;
  return { near, far };
}

/** Accepts one stream. */
export function nextStream(
  client: TestClient,
  options: AcceptOptions = {},
): Promise<{ readonly duplex: Duplex; readonly incoming: IncomingStream }> {
  return new Promise((resolve) => {
    const stop = client.onAddP2pStream(options as object, (duplex, incoming) => {
      stop();
      resolve({ duplex, incoming });
    });
  });
}

/** The error with which a stream fails. */
export async function failureOf(duplex: Duplex): Promise<P2PError> {
  const [error] = await once(duplex, 'error');
  return error as P2PError;
}

/** Everything up to the end; the other direction stays open, unlike with an async iteration. */
export async function collect(duplex: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  duplex.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(duplex, 'end');
  return Buffer.concat(chunks);
}

/** Writes until nothing more is taken, and says how many bytes that was. */
export async function fill(duplex: Duplex, chunk: Uint8Array): Promise<number> {
  let written = 0;
  while (duplex.write(chunk)) written += chunk.byteLength;
  return written + chunk.byteLength;
}
