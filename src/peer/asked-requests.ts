import { P2PError } from '../protocol/p2p-error.js';

/** Names a peer's request: epochs are unique, and ids are unique within one. */
export interface RequestName {
  readonly epoch: number;
  readonly id: number;
}

/** Told why nobody waits for an answer any more: `ABORTED`, `PEER_GONE` or `LINK_DOWN`. */
export type Closed = (reason: P2PError) => void;

/** Requests of peers that are open here, by the asker's session and id. */
export class AskedRequests {
  readonly #byEpoch = new Map<number, Map<number, AskedRequest>>();

  add(name: RequestName): AskedRequest {
    const request = new AskedRequest(name, this);
    const sameEpoch = this.#byEpoch.get(name.epoch);
    if (sameEpoch) sameEpoch.set(name.id, request);
    else this.#byEpoch.set(name.epoch, new Map([[name.id, request]]));
    return request;
  }

  /** @returns whether it was open */
  remove(request: AskedRequest): boolean {
    const { epoch, id } = request.name;
    const sameEpoch = this.#byEpoch.get(epoch);
    if (sameEpoch?.get(id) !== request) return false;
    sameEpoch.delete(id);
    if (sameEpoch.size === 0) this.#byEpoch.delete(epoch);
    return true;
  }

  cancel({ epoch, id }: RequestName): void {
    const request = this.#byEpoch.get(epoch)?.get(id);
    if (request?.take()) request.close(new P2PError('ABORTED', 'The caller waits no longer'));
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
}

/** A request that a peer waits for the answer to. */
export class AskedRequest {
  readonly name: RequestName;
  readonly #requests: AskedRequests;
  #closed: Closed | undefined;

  constructor(name: RequestName, requests: AskedRequests) {
    this.name = name;
    this.#requests = requests;
  }

  /** Closes it for the one answer. @returns whether somebody still waited */
  take(): boolean {
    return this.#requests.remove(this);
  }

  /** Called when nobody waits any more: given up, the asker gone, or the link lost. */
  whenClosed(callback: Closed): void {
    this.#closed = callback;
  }

  close(reason: P2PError): void {
    this.#closed?.(reason);
  }
}

function closeAll(requests: Map<number, AskedRequest> | undefined, reason: P2PError): void {
  if (!requests) return;
  const open = [...requests.values()];
  requests.clear();
  for (const request of open) request.close(reason);
}
