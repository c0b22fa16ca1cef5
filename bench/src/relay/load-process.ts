import { giveUp, serveCommands } from '../commands.js';
import { type RoundTrips, runRoundTrips } from '../round-trips.js';
import { type AnyContestantName, contestant, type RelayClient } from './contestants.js';
import { PairTraffic } from './pair-traffic.js';
import { makePayload, type PayloadName } from './payloads.js';
import { IN_FLIGHT, PAIRS } from './plan.js';

export interface LoadTarget {
  readonly contestant: AnyContestantName;
  readonly port: number;
  /** How many to connect; the first few talk, all others idle. */
  readonly clients: number;
}

export interface LoadOrder {
  readonly payload: PayloadName;
  /** In ms. */
  readonly duration: number;
}

export interface LoadResult {
  readonly messages: number;
  readonly elapsedMs: number;
}

export interface RequestOrder extends LoadOrder {
  /** Pairs of clients, of which one asks and the other answers. */
  readonly pairs: number;
  /** Requests of each that are under way at once. */
  readonly inFlight: number;
}

export interface LoadCommands {
  /** Gives how long it took until all were there, in ms. */
  connect(target: LoadTarget): Promise<{ readonly elapsedMs: number }>;
  run(order: LoadOrder): Promise<LoadResult>;
  request(order: RequestOrder): Promise<RoundTrips>;
}

/** Clients that connect at the same time. */
const BATCH = 100;

/** How long the last messages of a stretch may take, in ms, before they count as lost. */
const PATIENCE = 10_000;

const clients: RelayClient[] = [];
let pairs: PairTraffic[] = [];

serveCommands<LoadCommands>({
  async connect(target) {
    const start = performance.now();
    while (clients.length < target.clients) {
      const size = Math.min(BATCH, target.clients - clients.length);
      clients.push(...(await Promise.all(Array.from({ length: size }, (_, i) => connect(target, clients.length + i)))));
    }
    const elapsedMs = performance.now() - start;
    pairs = Array.from({ length: PAIRS }, (_, index) => pairOf(index));
    return { elapsedMs };
  },

  async run({ payload, duration }) {
    const start = performance.now();
    const stretch = { payload: makePayload(payload), inFlight: IN_FLIGHT, until: start + duration };
    const counts = await arrived(
      pairs.map((pair) => pair.run(stretch)),
      duration,
    );
    return { messages: counts.reduce((sum, count) => sum + count), elapsedMs: performance.now() - start };
  },

  // What is not answered rejects by itself.
  request({ payload: name, duration, pairs: count, inFlight }) {
    const payload = makePayload(name);
    const asks = clients
      .slice(0, count)
      .flatMap((client, index) =>
        Array.from({ length: inFlight }, () => () => client.request!(idOf(index + PAIRS), payload)),
      );
    return runRoundTrips(asks, { duration, answer: payload });
  },
});

function connect({ contestant: name, port }: LoadTarget, index: number): Promise<RelayClient> {
  return contestant(name).connect({ port, clientId: idOf(index), failed: giveUp });
}

function pairOf(index: number): PairTraffic {
  return new PairTraffic({
    sender: clients[index]!,
    senderId: idOf(index),
    receiver: clients[index + PAIRS]!,
    receiverId: idOf(index + PAIRS),
  });
}

function idOf(index: number): string {
  return `client-${index}`;
}

/** All of the counts, or an error when messages do not arrive. */
async function arrived(counts: readonly Promise<number>[], duration: number): Promise<number[]> {
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const missing = pairs.reduce((sum, pair) => sum + pair.underWay, 0);
      reject(new Error(`${missing} messages got lost`));
    }, duration + PATIENCE);
  });
  try {
    return await Promise.race([Promise.all(counts), lost]);
  } finally {
    clearTimeout(timer);
  }
}
