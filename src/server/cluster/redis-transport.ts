import { EVERYBODY } from './node-frame.js';
import type { NodeTransport } from './node-transport.js';
import type { RedisPort } from './redis-client.js';

/** By channels of Redis: each server hears one of its own, so that a message reaches the one concerned. */
export class RedisTransport implements NodeTransport {
  readonly #redis: RedisPort;
  readonly #prefix: string;
  #id: string | undefined;

  /** Servers of the same `prefix` find each other. */
  constructor(redis: RedisPort, prefix: string) {
    this.#redis = redis;
    this.#prefix = prefix;
  }

  listen(id: string, receive: (bytes: Buffer) => void): void {
    if (this.#id === undefined) this.#redis.subscribe(this.#channel(EVERYBODY), receive);
    else this.#redis.unsubscribe(this.#channel(this.#id));
    this.#id = id;
    this.#redis.subscribe(this.#channel(id), receive);
  }

  send(target: string, bytes: Buffer): void {
    this.#redis.publish(this.#channel(target), bytes);
  }

  close(): void {
    this.#redis.close();
  }

  #channel(target: string): string {
    return target === EVERYBODY ? `${this.#prefix}#` : `${this.#prefix}#${target}#`;
  }
}
