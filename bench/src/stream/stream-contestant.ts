import type { Server as HttpServer } from 'node:http';
import type { ConnectOptions } from '../connect-clients.js';

/** Where a sender puts the bytes of one stream. */
export interface Outlet {
  /** Takes a chunk; `false` asks to wait for `drained` before the next one. */
  write(chunk: Buffer): boolean;
  drained(): Promise<unknown>;
  /** Tells the receiver that this was all. */
  end(): void;
}

/** What the receiving application does with one stream. */
export interface Inlet {
  take(bytes: Uint8Array): void;
  ended(): void;
}

/** How the receiving application stops reading, and goes on. */
export interface Brake {
  pause(): void;
  resume(): void;
}

/** One connected client, whichever way it streams. */
export interface StreamClient {
  /** Settles when the first chunk can be written. */
  open(to: string): Promise<Outlet>;
  /** Sets who takes the streams that others open. */
  accept(begin: (brake: Brake) => Inlet): void;
  /** Sends a small message and settles when its answer is here. */
  ask(to: string): Promise<unknown>;
}

/** Both halves of a way to stream from client to client. */
export interface StreamContestant {
  serve(httpServer: HttpServer): void;
  /** Settles when the client can be reached by others. */
  connect(options: ConnectOptions): Promise<StreamClient>;
}
