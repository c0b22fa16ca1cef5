import type { P2PClientSocket } from 'socket.io-p2p-plugin/client';
import { giveUp, serveCommands } from '../commands.js';
import { connectOurs } from '../connect-clients.js';
import { summarizeLatencies } from '../latencies.js';
import { type Memory, settledMemory } from '../memory.js';
import { makePayload } from '../relay/payloads.js';
import { settleBare } from './bare-settling.js';
import { activeCalls, PendingCalls, type PendingOrder, type PendingOutcome } from './pending-calls.js';

export interface MuteCallerCommands {
  connect(port: number): Promise<void>;
  /** One way to the server, in ms: half the median of round trips, with nothing else going on. */
  hop(): Promise<number>;
  /** What it takes this process to reject so many promises of its own, in ms. */
  settleBare(order: PendingOrder): Promise<number>;
  /** Settles when the service has all calls. Gives how many it is answering then. */
  callAll(order: PendingOrder): Promise<number>;
  /** Calls that have not settled. */
  pending(): number;
  /** Settles when all calls have, or after so many ms. */
  outcome(patience: number): Promise<PendingOutcome>;
  /** Calls that the service is answering. */
  active(): Promise<number>;
  /** What stays after garbage collections. */
  memory(): Promise<Memory>;
}

const CALLER = 'caller';
const ROUND_TRIPS = 200;

const argument = makePayload('100 B JSON');
let socket: P2PClientSocket;
let calls: PendingCalls;

serveCommands<MuteCallerCommands>({
  async connect(port) {
    socket = await connectOurs({ port, clientId: CALLER, failed: giveUp });
  },

  async hop() {
    const latencies: number[] = [];
    for (let trip = 0; trip < ROUND_TRIPS; trip++) {
      const start = performance.now();
      await socket.isClientConnected(CALLER);
      latencies.push(performance.now() - start);
    }
    return summarizeLatencies(latencies).median / 2;
  },

  settleBare: ({ calls: count, deadline }) => settleBare(count, deadline),

  callAll(order) {
    calls = new PendingCalls(socket);
    return calls.make(order, argument);
  },

  pending: () => calls.pending,
  outcome: (patience) => calls.outcome(patience),
  active: () => activeCalls(socket),
  memory: settledMemory,
});
