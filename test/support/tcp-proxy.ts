import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Faults, noFaults, TcpPipe } from './tcp-pipe.js';

/** `up`: from who connects to the proxy to the target; `down`: back. Without one, both. */
export type Direction = 'up' | 'down';

export interface TcpProxyOptions {
  /** Bytes that may be held per connection and direction before the source is paused. Default 64 KiB. */
  readonly bufferLimit?: number;
}

/** Stands in front of a TCP server and does to its connections, old and new, what networks do. */
export class TcpProxy {
  readonly #server: Server;
  #targetPort: number;
  readonly #bufferLimit: number;
  readonly #faults = { up: noFaults(), down: noFaults() };
  readonly #sockets = new Map<Socket, readonly TcpPipe[]>();
  #refusing = false;

  constructor(targetPort: number, bufferLimit: number) {
    this.#targetPort = targetPort;
    this.#bufferLimit = bufferLimit;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections that are open, on either side of the proxy. */
  get connections(): number {
    return new Set(this.#sockets.values()).size;
  }

  /** Bytes that have been read and not passed on. */
  get heldBytes(): number {
    return this.#pipes.reduce((sum, pipe) => sum + pipe.heldBytes, 0);
  }

  /** New connections go to another target, as a load balancer may send them. */
  retarget(port: number): void {
    this.#targetPort = port;
  }

  /** Passes everything on `ms` later, in order. More than `bufferLimit` bytes are never under way. */
  delay(ms: number, direction?: Direction): void {
    this.#set({ delay: ms }, direction);
  }

  /** Passes nothing on, neither bytes nor an end nor a reset, until `resume`. */
  stall(direction?: Direction): void {
    this.#set({ stalled: true }, direction);
  }

  /** Drops everything, ends and resets too, until `resume`. */
  blackhole(direction?: Direction): void {
    this.#set({ blackhole: true }, direction);
  }

  /** Ends `stall` and `blackhole`. */
  resume(direction?: Direction): void {
    this.#set({ stalled: false, blackhole: false }, direction);
  }

  /** Passes bytes on in pieces of at most so many, each its own write; `Infinity` ends it. */
  slice(bytes: number, direction?: Direction): void {
    this.#set({ slice: bytes }, direction);
  }

  /** Lets so many bytes per second through each connection; `Infinity` ends it. */
  rate(bytesPerSecond: number, direction?: Direction): void {
    this.#set({ rate: bytesPerSecond }, direction);
  }

  /** Destroys new connections at once. */
  refuse(refusing: boolean): void {
    this.#refusing = refusing;
  }

  /** Resets all connections, on both sides. */
  cut(): void {
    for (const socket of this.#sockets.keys()) socket.resetAndDestroy();
  }

  async listen(): Promise<void> {
    await once(this.#server.listen(0), 'listening');
  }

  async close(): Promise<void> {
    const closed = [...this.#sockets.keys()].map(
      (socket) => new Promise((resolve) => socket.once('close', resolve).destroy()),
    );
    await Promise.all([...closed, new Promise((resolve) => this.#server.close(resolve))]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #pipes(): TcpPipe[] {
    return [...new Set(this.#sockets.values())].flat();
  }

  #set(faults: Partial<Faults>, direction?: Direction): void {
    if (direction !== 'down') Object.assign(this.#faults.up, faults);
    if (direction !== 'up') Object.assign(this.#faults.down, faults);
    for (const pipe of this.#pipes) pipe.pump();
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      client.destroy();
      return;
    }
    const target = connect({ port: this.#targetPort, allowHalfOpen: true, noDelay: true });
    const { up, down } = this.#faults;
    const bufferLimit = this.#bufferLimit;
    const pipes = [
      new TcpPipe(client, target, { faults: up, bufferLimit }),
      new TcpPipe(target, client, { faults: down, bufferLimit }),
    ];
    for (const socket of [client, target]) {
      this.#sockets.set(socket, pipes);
      socket.on('close', () => this.#sockets.delete(socket));
    }
  }
}

/** A proxy on a free port, in front of a port of this machine. */
export async function startTcpProxy(targetPort: number, options: TcpProxyOptions = {}): Promise<TcpProxy> {
  const proxy = new TcpProxy(targetPort, options.bufferLimit ?? 65_536);
  await proxy.listen();
  return proxy;
}
