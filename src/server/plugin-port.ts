import { writeEnvelope } from '../protocol/envelope.js';
import { ENVELOPE_EVENT } from '../protocol/event-names.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import type { FrameWriter, RawServerSocket } from './raw-server.js';
import type { DeliverOptions, SessionPort } from './session-port.js';

/** The way to a client that announced the plugin: packets in envelopes. */
export class PluginPort implements SessionPort {
  readonly #socket: RawServerSocket;
  readonly #writer: FrameWriter;

  constructor(socket: RawServerSocket, writer: FrameWriter) {
    this.#socket = socket;
    this.#writer = writer;
  }

  deliver(packet: Packet, { shared = {}, queue, flushed }: DeliverOptions = {}): void {
    shared.plugin ??= this.#writer.encode(ENVELOPE_EVENT, writeEnvelope(packet));
    if (queue) queue.write(shared.plugin);
    else this.#writer.write(this.#socket, shared.plugin, flushed);
  }

  end(reason: P2PError | undefined): void {
    if (reason) this.deliver({ type: 'end', payload: Payload.ofError(reason) });
  }
}
