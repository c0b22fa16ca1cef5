import { checkPeer, invalidArgument } from '../protocol/check-names.js';
import { isName } from '../protocol/identifiers.js';
import { MAX_TIMEOUT } from '../protocol/limits.js';
import { P2PError } from '../protocol/p2p-error.js';
import { ConnectionQueue } from './connection-queue.js';
import type { DiagnosticType } from './diagnostics.js';
import { Drain } from './drain.js';
import type { ServerCore } from './server-core.js';

/** How much there is of everything, and what has happened, at one moment. */
export interface P2PServerStats {
  /** Servers of the cluster that this one knows of, itself included; what follows is of this server alone. */
  readonly nodes: number;
  /** Connected, with a client id: what follows counts the server and its services too. */
  readonly clients: number;
  /** Clients that are services; not the server's own. */
  readonly services: number;
  /** Requests of all kinds that wait for an answer. */
  readonly requests: number;
  readonly streams: number;
  readonly pairs: number;
  /** Peers that clients listen to by `from()`. */
  readonly watches: number;
  readonly subscriptions: number;
  /** Topics with subscribers. */
  readonly topics: number;
  /** What waits on the connections of clients, streams apart, in bytes. */
  readonly queuedBytes: number;
  /** How often each event has been since the start. */
  readonly events: Readonly<Record<DiagnosticType, number>>;
}

export interface DrainOptions {
  readonly timeout?: number;
}

/** How long a server that is drained waits for what is under way, in ms. */
const DRAIN_TIMEOUT = 5_000;

/** What the plugin gives those who run a server. */
export interface OperatorCalls {
  /**
   * Sends a client away: its session ends with `SESSION_KICKED`, and its socket is disconnected. It may connect again,
   * through all that a connect has to pass, unless `authenticate` refuses it.
   * @param reason told to the client, as `details.reason`; at most 256 characters
   * @returns whether there was such a client
   * @throws P2PError `INVALID_ARGUMENT`
   */
  kick(clientId: string, reason?: string): boolean;
  /**
   * Empties this server, to be closed next: nobody gets in any more, requests and streams that are under way may come to
   * their end, and then all clients are ended with `NODE_UNAVAILABLE`, so that they connect again, to another server. In
   * a cluster the others know at once.
   * @param options.timeout how long it waits for what is under way, in ms. Default 5,000
   * @throws P2PError `INVALID_ARGUMENT`
   */
  drain(options?: DrainOptions): Promise<void>;
  /** What `authorize` has told to keep for a client, or for all, is asked anew. @throws P2PError `INVALID_ARGUMENT` */
  forgetPermissions(clientId?: string): void;
  /** A snapshot, made anew at each read, by looking at each client. */
  readonly stats: P2PServerStats;
}

export function operatorCalls({ sessions, diagnostics, permission }: ServerCore): OperatorCalls {
  const { directory } = sessions;
  const drain = new Drain(sessions);
  return {
    drain: ({ timeout = DRAIN_TIMEOUT } = {}) => {
      if (!(timeout >= 0 && timeout <= MAX_TIMEOUT)) throw invalidArgument('The timeout of drain is in ms');
      return drain.start(timeout);
    },
    kick: (clientId, reason) => {
      checkPeer(clientId);
      if (reason !== undefined && !isName(reason)) throw invalidArgument('A reason is a string of 1 to 256 characters');
      const session = directory.holder(clientId);
      if (!session || session.hosted) return false;
      const details = reason === undefined ? {} : { reason };
      sessions.expel(session, new P2PError('SESSION_KICKED', 'The server has sent this client away', { details }));
      return true;
    },
    forgetPermissions: (clientId) => {
      if (clientId === undefined) return permission?.forget(undefined);
      checkPeer(clientId);
      for (const session of directory.all(clientId)) permission?.forget(session);
    },
    get stats() {
      const nothing = { clients: 0, requests: 0, streams: 0, pairs: 0, watches: 0, subscriptions: 0, topics: 0 };
      const sum = { ...nothing, queuedBytes: 0 };
      for (const { socket, usage, counts } of directory.sessions) {
        if (socket) {
          sum.clients++;
          sum.queuedBytes += ConnectionQueue.of(socket.conn).bytes;
        }
        for (const what of ['requests', 'streams', 'pairs', 'watches'] as const) sum[what] += usage.counts[what];
        sum.subscriptions += counts.subscriptions;
        sum.topics += counts.topics;
      }
      return {
        nodes: 1 + (sessions.cluster?.otherNodes ?? 0),
        ...sum,
        services: directory.offeringCount,
        events: diagnostics.counts,
      };
    },
  };
}
