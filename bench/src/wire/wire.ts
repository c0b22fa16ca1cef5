/** One connection of the load: it replays what a client would write, and counts what comes. */
export interface Wire {
  /** Sends so many messages at once to its partner. */
  send(count: number): void;
  /** Called with how many messages have come, for each piece that the network brings. */
  receive(listener: (count: number) => void): void;
  /** Messages, or frames with some of them, that were written and have come. */
  readonly frames: FrameCount;
}

export interface FrameCount {
  sent: number;
  received: number;
}

export interface WireOptions {
  readonly port: number;
  readonly clientId: string;
  /** Whom it sends to; missing: it only receives. */
  readonly partner?: string | undefined;
  /** What goes wrong in between. */
  readonly failed: (error: Error) => void;
}

/** How the load of one contestant is connected. */
export interface WireKind {
  /** Settles when it can be reached by others. */
  connect(options: WireOptions): Promise<ConnectedWire>;
}

/** A wire whose payload can be chosen. */
export interface ConnectedWire extends Wire {
  /** What every message carries from now on. */
  load(payload: unknown): void | Promise<void>;
}
