import type { Conduct } from './conduct.js';
import { ConnectionLanes } from './connection-lanes.js';
import type { Directory } from './directory.js';
import type { EventWriter } from './event-writer.js';
import { FrameBuilder } from './frame-builder.js';
import type { Intake } from './intake.js';
import { Lane } from './lane.js';
import { LanePort } from './lane-port.js';
import { LaneReceiver } from './lane-receiver.js';
import { MessageRuns } from './message-runs.js';
import type { PermissionGate } from './permission-gate.js';
import { PlainPort } from './plain-port.js';
import { PluginPort } from './plugin-port.js';
import type { RawServerSocket } from './raw-server.js';
import type { Session } from './session.js';
import type { SessionPort } from './session-port.js';
import type { SessionRequest } from './session-request.js';

export interface SessionPortsOptions {
  readonly intake: Intake;
  readonly directory: Directory;
  readonly conduct: Conduct;
  /** Missing: everything is permitted. */
  readonly gate: PermissionGate | undefined;
  readonly writer: EventWriter;
  /** Which events a plain client may be sent by others. */
  readonly plainEvents: (event: string) => boolean;
}

/** Makes the way to each kind of client. */
export class SessionPorts {
  readonly #options: SessionPortsOptions;
  readonly #builder = new FrameBuilder();

  constructor(options: SessionPortsOptions) {
    this.#options = options;
  }

  create(session: Session, { socket, secret, frames }: SessionRequest): SessionPort {
    if (secret === undefined) return this.#plainPort(session, socket);
    const envelopes = new PluginPort(socket, this.#options.writer);
    return (frames && this.#lanePort(session, socket, envelopes)) || envelopes;
  }

  /** Nothing where the connection carries no frames. */
  #lanePort(session: Session, socket: RawServerSocket, envelopes: PluginPort): LanePort | undefined {
    const lanes = ConnectionLanes.of(socket);
    const { intake } = this.#options;
    const runs = new MessageRuns({ ...this.#options, builder: this.#builder }, session, socket);
    const receiver = new LaneReceiver({ session, socket, intake, runs });
    const number = lanes?.open((frame) => receiver.receive(frame));
    if (!lanes || !number) return undefined;
    const builder = this.#builder;
    const lane = new Lane(number, socket, builder);
    return new LanePort({ lane, builder, envelopes, closed: () => lanes.close(number) });
  }

  #plainPort(session: Session, socket: RawServerSocket): PlainPort {
    const { intake, writer, plainEvents } = this.#options;
    return new PlainPort({
      clientId: session.clientId,
      socket,
      writer,
      allows: plainEvents,
      toRouter: (packet) => intake.takePlain(session, socket, packet),
    });
  }
}
