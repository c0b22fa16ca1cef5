import { giveUp, serveCommands } from '../commands.js';
import { makePayload } from '../relay/payloads.js';
import type { RoundTrips } from '../round-trips.js';
import { type CallOrder, runCalls } from './call-load.js';
import { type ContestantName, contestant } from './contestants.js';
import { PublicationLoad, type PublicationOrder, type PublicationResult } from './publication-load.js';
import type { ServiceClient } from './service-contestant.js';

export interface LoadTarget {
  readonly contestant: ContestantName;
  readonly port: number;
  /** Clients that call and subscribe; one more hosts the service. */
  readonly clients: number;
  /** Whether they subscribe. */
  readonly subscribe: boolean;
}

export interface LoadCommands {
  connect(target: LoadTarget): Promise<void>;
  call(order: CallOrder): Promise<RoundTrips>;
  publish(order: PublicationOrder): Promise<PublicationResult>;
}

/** Clients that connect at the same time. */
const BATCH = 100;

/** How long the last answers and deliveries of a stretch may take, in ms, before they count as lost. */
const PATIENCE = 30_000;

const payload = makePayload('100 B JSON');
const clients: ServiceClient[] = [];
let publications: PublicationLoad | undefined;

serveCommands<LoadCommands>({
  async connect({ contestant: name, port, clients: count, subscribe }) {
    const { host, connect } = contestant(name);
    const hostClient = await host({ port, failed: giveUp });
    while (clients.length < count) {
      const ids = Array.from({ length: Math.min(BATCH, count - clients.length) }, (_, i) => clients.length + i);
      clients.push(
        ...(await Promise.all(ids.map((id) => connect({ port, clientId: `client-${id}`, failed: giveUp })))),
      );
    }
    publications = new PublicationLoad(hostClient, clients);
    if (subscribe) await publications.subscribe();
  },

  call: (order) => inTime(runCalls(clients, order, payload), order.duration),
  publish: (order) => inTime(publications!.run(order, payload), order.duration),
});

async function inTime<Result>(result: Promise<Result>, duration: number): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const lost = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('Answers or publications got lost')), duration + PATIENCE);
  });
  try {
    return await Promise.race([result, lost]);
  } finally {
    clearTimeout(timer);
  }
}
