import { BackOff } from '../async/back-off.js';
import type { RawSocket } from './raw-socket.js';

/**
 * Connects again after a refusal, with the delays of the socket's own Manager: Socket.IO by itself
 * stays offline after one (CC-2). Where the application turned reconnection off, so is this.
 */
export class RefusalRetry {
  readonly #socket: RawSocket;
  readonly #backOff: BackOff;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** `closed` is called when the application disconnects a socket that is not connected: no event tells of that. */
  constructor(socket: RawSocket, closed: () => void) {
    this.#socket = socket;
    this.#backOff = new BackOff({
      min: socket.io.reconnectionDelay() ?? 1_000,
      max: socket.io.reconnectionDelayMax() ?? 5_000,
      jitter: socket.io.randomizationFactor() ?? 0.5,
    });
    for (const name of ['disconnect', 'close'] as const) {
      const original = socket[name].bind(socket);
      socket[name] = () => {
        const { connected } = socket;
        this.#cancel();
        original();
        if (!connected) closed();
        return socket;
      };
    }
  }

  get isScheduled(): boolean {
    return this.#timer !== undefined;
  }

  schedule(): void {
    if (this.isScheduled || !this.#socket.io.reconnection()) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      // A refusal of a connected socket is followed by a disconnect, which may take longer than the delay.
      if (this.#socket.connected) this.schedule();
      else if (!this.#socket.active) this.#socket.connect();
    }, this.#backOff.next());
  }

  reset(): void {
    this.#cancel();
    this.#backOff.reset();
  }

  #cancel(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
