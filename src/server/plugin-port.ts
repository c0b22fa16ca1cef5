import { writeEnvelope } from '../protocol/envelope.js';
import { ENVELOPE_EVENT } from '../protocol/event-names.js';
import type { P2PError } from '../protocol/p2p-error.js';
import type { Packet } from '../protocol/packet.js';
import { Payload } from '../protocol/payload.js';
import type { EventWriter } from './event-writer.js';
import type { RawServerSocket } from './raw-server.js';
import type { DeliverOptions, SessionPort } from './session-port.js';

/** The way to a client that announced the plugin: packets in envelopes. */
export class PluginPort implements SessionPort {
  readonly #socket: RawServerSocket;
  readonly #writer: EventWriter;

  constructor(socket: RawServerSocket, writer: EventWriter) {
    this.#socket = socket;
    this.#writer = writer;
  }

  deliver(packet: Packet, { shared = {}, queue, flushed }: DeliverOptions = {}): void {
    shared.plugin ??= this.#writer.encode(ENVELOPE_EVENT, writeEnvelope(packet));
    const written = queue ? queue.count(shared.plugin.bytes) : flushed;
    this.#writer.write(this.#socket, shared.plugin, written);
  }

  end(reason: P2PError | undefined): void {
    if (reason) this.deliver({ type: 'end', payload: Payload.ofError(reason) });
  }
}
