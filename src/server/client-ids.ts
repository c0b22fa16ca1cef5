import { instanceOf } from './cluster/instance.js';
import type { Directory } from './directory.js';
import { inUse, reserved } from './id-errors.js';
import type { Session } from './session.js';
import type { SessionRequest } from './session-request.js';

export interface ClientIdsOptions {
  readonly directory: Directory;
  /** Client ids that only the server may use. */
  readonly reservedIds: ReadonlySet<string>;
  /** What becomes of the holder of an id that another client wants. */
  readonly duplicates: 'reject' | 'takeover';
}

/** Who may have which client id (SC-5). */
export class ClientIds {
  readonly #options: ClientIdsOptions;

  constructor(options: ClientIdsOptions) {
    this.#options = options;
  }

  /** @throws P2PError `CLIENT_ID_IN_USE` when another client holds the id, `CLIENT_ID_RESERVED` when the server does */
  checkFree(request: SessionRequest): void {
    if (this.rivalOf(request)) throw inUse(request.clientId);
  }

  /** The holder of the id, where it is in the way. @throws P2PError `CLIENT_ID_RESERVED` when the server holds it */
  rivalOf({ socket, clientId, secret, replacing }: SessionRequest): Session | undefined {
    const { directory, reservedIds, duplicates } = this.#options;
    const holder = directory.get(clientId);
    const isReserved = holder?.hosted && !holder.isShared;
    if (isReserved || reservedIds.has(clientId)) throw reserved(clientId);
    const isFree = !holder || holder.hosted || holder.socket === socket || isSameInstance(holder, secret);
    return isFree || holder === replacing || duplicates === 'takeover' ? undefined : holder;
  }
}

/** CC-2: the same plugin instance may replace its own old session. */
export function isSameInstance({ secret: held, remote }: Session, secret: string | undefined): boolean {
  if (secret === undefined) return false;
  return remote ? remote.instance === instanceOf(secret) : held === secret;
}
