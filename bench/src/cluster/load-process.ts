import { giveUp, serveCommands } from '../commands.js';
import { type Latencies, summarizeLatencies } from '../latencies.js';
import { PairTraffic } from '../relay/pair-traffic.js';
import { makePayload, type PayloadName } from '../relay/payloads.js';
import { type RoundTrips, runRoundTrips } from '../round-trips.js';
import { type ClusterClient, type ContestantName, connect } from './contestants.js';

export interface LoadTarget {
  readonly contestant: ContestantName;
  /** Of the server of those who send, and of that of those who receive. */
  readonly ports: readonly [number, number];
  readonly pairs: number;
}

export interface LoadOrder {
  readonly payload: PayloadName;
  /** Messages or requests of a pair that are under way at once. */
  readonly inFlight: number;
  /** In ms. */
  readonly duration: number;
}

export interface LoadCommands {
  /** Settles when each can reach its other. */
  connect(target: LoadTarget): Promise<void>;
  send(order: LoadOrder): Promise<{ readonly messages: number; readonly elapsedMs: number }>;
  request(order: LoadOrder): Promise<RoundTrips>;
  /** Each sender asks its own server, over and over, whether its receiver is connected. */
  look(order: { readonly duration: number }): Promise<Latencies>;
}

const senders: ClusterClient[] = [];
const traffic: PairTraffic[] = [];

serveCommands<LoadCommands>({
  async connect({ contestant, ports, pairs }) {
    for (let index = 0; index < pairs; index++) {
      const [senderId, receiverId] = [senderOf(index), receiverOf(index)];
      const sender = await connect(contestant, { port: ports[0], clientId: senderId, failed: giveUp });
      const receiver = await connect(contestant, { port: ports[1], clientId: receiverId, failed: giveUp });
      traffic.push(new PairTraffic({ sender, senderId, receiver, receiverId }));
      senders.push(sender);
    }
    const payload = makePayload('100 B JSON');
    for (const [index, sender] of senders.entries()) await reached(sender, receiverOf(index), payload);
  },

  async send({ payload: name, inFlight, duration }) {
    const start = performance.now();
    const stretch = { payload: makePayload(name), inFlight, until: start + duration };
    const counts = await Promise.all(traffic.map((pair) => pair.run(stretch)));
    return { messages: counts.reduce((sum, each) => sum + each), elapsedMs: performance.now() - start };
  },

  request({ payload: name, inFlight, duration }) {
    const payload = makePayload(name);
    const asks = senders.flatMap((sender, index) =>
      Array.from({ length: inFlight }, () => () => sender.request(receiverOf(index), payload)),
    );
    return runRoundTrips(asks, { duration, answer: payload });
  },

  async look({ duration }) {
    const until = performance.now() + duration;
    const latencies: number[] = [];
    const lookOn = async (sender: ClusterClient, index: number) => {
      while (performance.now() < until) {
        const start = performance.now();
        if (!(await sender.look!(receiverOf(index)))) throw new Error(`${receiverOf(index)} was not found`);
        latencies.push(performance.now() - start);
      }
    };
    await Promise.all(senders.map(lookOn));
    return summarizeLatencies(latencies);
  },
});

/** The servers have to hear of each other's clients first. */
async function reached(sender: ClusterClient, to: string, payload: ReturnType<typeof makePayload>): Promise<void> {
  for (;;) {
    try {
      await sender.request(to, payload);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function senderOf(index: number): string {
  return `sender-${index}`;
}

function receiverOf(index: number): string {
  return `receiver-${index}`;
}
