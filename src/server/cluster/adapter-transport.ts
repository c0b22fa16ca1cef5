import { EventEmitter } from 'node:events';
import { isThenable } from '../../async/call-guarded.js';
import { P2PError } from '../../protocol/p2p-error.js';
import type { RawNamespace } from '../raw-server.js';
import type { NodeTransport } from './node-transport.js';

/** The event by which servers talk to each other. */
const EVENT = 'p2p:node';

/** By `serverSideEmit`, which all adapters for more than one server have. It reaches all of them. */
export class AdapterTransport implements NodeTransport {
  readonly #namespace: RawNamespace;
  #receive: ((bytes: Buffer) => void) | undefined;

  constructor(namespace: RawNamespace) {
    this.#namespace = namespace;
  }

  listen(_id: string, receive: (bytes: Buffer) => void): void {
    if (!this.#receive) this.#namespace.on(EVENT, this.#heard);
    this.#receive = receive;
  }

  /** What fails is sent again by `NodeLink`. Past the namespace, which has nobody look at what the adapter promises. */
  send(_target: string, bytes: Buffer): void {
    const sent = this.#namespace.adapter.serverSideEmit([EVENT, bytes]) as unknown;
    if (isThenable(sent)) sent.then(undefined, () => {});
  }

  close(): void {
    this.#namespace.off(EVENT, this.#heard);
  }

  readonly #heard = (sent: unknown): void => {
    const bytes = bufferOf(sent);
    if (bytes) this.#receive?.(bytes);
  };
}

/** Between processes of `node:cluster` a buffer is JSON, unless `serialization: 'advanced'` was set up. */
function bufferOf(sent: unknown): Buffer | undefined {
  if (Buffer.isBuffer(sent)) return sent;
  if (sent instanceof Uint8Array) return Buffer.from(sent.buffer, sent.byteOffset, sent.byteLength);
  const { type, data } = (sent ?? {}) as { readonly type?: unknown; readonly data?: unknown };
  return type === 'Buffer' && Array.isArray(data) ? Buffer.from(data) : undefined;
}

/** @throws P2PError `UNSUPPORTED` where the adapter is for one server only */
export function checkAdapter(namespace: RawNamespace): void {
  if (isForSeveral(namespace)) return;
  const message = 'The option cluster needs an adapter for several servers, such as @socket.io/redis-streams-adapter';
  throw new P2PError('UNSUPPORTED', message);
}

/** The adapter for one server has the method too, where it only warns. All others extend it. */
function isForSeveral({ adapter }: RawNamespace): boolean {
  let owner: object | null = adapter;
  while (owner && !Object.hasOwn(owner, 'serverSideEmit')) owner = Object.getPrototypeOf(owner);
  return owner !== null && Object.getPrototypeOf(owner) !== EventEmitter.prototype;
}
