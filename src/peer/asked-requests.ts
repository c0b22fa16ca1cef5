import { P2PError } from '../protocol/p2p-error.js';

/** Names a peer's request: epochs are unique, and ids are unique within one. */
export interface RequestName {
  readonly epoch: number;
  readonly id: number;
}

/** Why nobody waits for an answer any more: `ABORTED`, `PEER_GONE` or `LINK_DOWN`. */
export type Closed = (reason: P2PError) => void;

/** A request that a peer waits for the answer to. */
export interface AskedRequest {
  /** Closes it for the one answer. @returns whether somebody still waited */
  take(): boolean;
  /** Called when nobody waits any more: given up, the asker gone, or the link lost. */
  whenClosed(callback: Closed): void;
}

/** Requests of peers that are open here, by the asker's session and id. */
export class AskedRequests {
  readonly #byEpoch = new Map<number, Map<number, Closed>>();

  add({ epoch, id }: RequestName): AskedRequest {
    let closed: Closed | undefined;
    const close: Closed = (reason) => closed?.(reason);
    const requests = this.#byEpoch.get(epoch) ?? new Map<number, Closed>();
    this.#byEpoch.set(epoch, requests.set(id, close));
    return {
      take: () => requests.get(id) === close && this.#remove({ epoch, id }) === close,
      whenClosed: (callback) => {
        closed = callback;
      },
    };
  }

  cancel(name: RequestName): void {
    this.#remove(name)?.(new P2PError('ABORTED', 'The caller waits no longer'));
  }

  /** The session of that epoch is over. */
  peerGone(epoch: number, reason: P2PError): void {
    const requests = this.#byEpoch.get(epoch);
    this.#byEpoch.delete(epoch);
    closeAll(requests, reason);
  }

  closeAll(reason: P2PError): void {
    const all = [...this.#byEpoch.values()];
    this.#byEpoch.clear();
    for (const requests of all) closeAll(requests, reason);
  }

  #remove({ epoch, id }: RequestName): Closed | undefined {
    const requests = this.#byEpoch.get(epoch);
    const close = requests?.get(id);
    if (requests?.delete(id) && requests.size === 0) this.#byEpoch.delete(epoch);
    return close;
  }
}

function closeAll(requests: Map<number, Closed> | undefined, reason: P2PError): void {
  if (!requests) return;
  const closers = [...requests.values()];
  requests.clear();
  for (const close of closers) close(reason);
}
