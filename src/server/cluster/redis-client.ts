import { P2PError } from '../../protocol/p2p-error.js';

/** What is used of a client of the package `redis`, 4 or newer. */
interface NodeRedis {
  duplicate(): NodeRedis;
  connect(): Promise<unknown>;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  publish(channel: string, message: Buffer): Promise<unknown>;
  subscribe(channel: string, listener: (message: Buffer) => void, bufferMode: true): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  sendCommand(args: readonly string[]): Promise<unknown>;
  destroy?(): void;
  disconnect(): unknown;
}

/** What is used of a client of the package `ioredis`. */
interface IoRedis {
  duplicate(): IoRedis;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'messageBuffer', listener: (channel: Buffer, message: Buffer) => void): unknown;
  publish(channel: string, message: Buffer): Promise<unknown>;
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  call(command: string, ...args: readonly string[]): Promise<unknown>;
  disconnect(): void;
}

/** A connected client of the package `redis` (4 or newer) or `ioredis`. */
export type RedisClient = { readonly duplicate: () => unknown; readonly publish: (...args: never[]) => unknown };

type LogError = (message: string, error: unknown) => void;

const UNSUBSCRIBED = 'a channel of Redis could not be subscribed, and other servers cannot reach this one';

/** What the library does with Redis, whichever client it was given. Nothing that fails is left to end the process. */
export interface RedisPort {
  /** Rejects as the client does. */
  command(args: readonly string[]): Promise<unknown>;
  publish(channel: string, message: Buffer): void;
  /** On a connection of its own, which is made again whenever it is lost. */
  subscribe(channel: string, received: (message: Buffer) => void): void;
  unsubscribe(channel: string): void;
  /** Ends the connection of the subscriptions. The client that was given stays as it is. */
  close(): void;
}

/** @throws P2PError `INVALID_ARGUMENT` where it is no such client */
export function checkRedis(client: unknown): asserts client is RedisClient {
  const { duplicate, publish, getSlotRandomNode } = (client ?? {}) as Record<string, unknown>;
  const isCluster = typeof getSlotRandomNode === 'function';
  if (typeof duplicate === 'function' && typeof publish === 'function' && !isCluster) return;
  if (isCluster)
    throw new P2PError('INVALID_ARGUMENT', 'The option cluster.redis is not made by createCluster of redis');
  throw new P2PError('INVALID_ARGUMENT', 'The option cluster.redis is a client of the package redis or ioredis');
}

export function redisPort(client: RedisClient, logError: LogError): RedisPort {
  let isClosed = false;
  const logUnlessClosed: LogError = (message, error) => isClosed || logError(message, error);
  // Only that of ioredis tells of its state.
  const port =
    'status' in client
      ? ioRedisPort(client as unknown as IoRedis, logUnlessClosed)
      : nodeRedisPort(client as unknown as NodeRedis, logUnlessClosed);
  const close = () => {
    isClosed = true;
    port.close();
  };
  return { ...port, close };
}

/** The client tells of its failures by its own `error` event, and what was not sent is sent again. */
const ignore = () => {};

function nodeRedisPort(client: NodeRedis, logError: LogError): RedisPort {
  const subscriber = client.duplicate();
  subscriber.on('error', ignore);
  const connected = subscriber.connect();
  return {
    command: (args) => client.sendCommand(args),
    publish: (channel, message) => void client.publish(channel, message).catch(ignore),
    subscribe: (channel, received) =>
      void connected
        .then(() => subscriber.subscribe(channel, received, true))
        .catch((error) => logError(UNSUBSCRIBED, error)),
    unsubscribe: (channel) => void subscriber.unsubscribe(channel).catch(ignore),
    close: () => void (subscriber.destroy ? subscriber.destroy() : subscriber.disconnect()),
  };
}

function ioRedisPort(client: IoRedis, logError: LogError): RedisPort {
  const subscriber = client.duplicate();
  const listeners = new Map<string, (message: Buffer) => void>();
  subscriber.on('error', ignore);
  subscriber.on('messageBuffer', (channel, message) => listeners.get(channel.toString())?.(message));
  return {
    command: ([name = '', ...args]) => client.call(name, ...args),
    publish: (channel, message) => void client.publish(channel, message).catch(ignore),
    subscribe: (channel, received) => {
      listeners.set(channel, received);
      subscriber.subscribe(channel).catch((error) => logError(UNSUBSCRIBED, error));
    },
    unsubscribe: (channel) => {
      listeners.delete(channel);
      subscriber.unsubscribe(channel).catch(ignore);
    },
    close: () => subscriber.disconnect(),
  };
}
