import type { PlainText } from '../protocol/plain-text.js';
import type { Conduct } from './conduct.js';
import { ConnectionTap } from './connection-tap.js';
import type { Directory } from './directory.js';
import type { EventWriter } from './event-writer.js';
import { FrameBuilder } from './frame-builder.js';
import type { Intake } from './intake.js';
import { Lane } from './lane.js';
import { LanePort } from './lane-port.js';
import { LaneReceiver } from './lane-receiver.js';
import { MessageRuns, type MessageRunsOptions } from './message-runs.js';
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
  readonly #runs: MessageRunsOptions;

  constructor(options: SessionPortsOptions) {
    this.#options = options;
    this.#runs = { ...options, builder: this.#builder };
  }

  create(session: Session, { socket, secret, frames }: SessionRequest): SessionPort {
    if (secret === undefined) return this.#plainPort(session, socket);
    const envelopes = new PluginPort(socket, this.#options.writer);
    return (frames && this.#lanePort(session, socket, envelopes)) || envelopes;
  }

  /** Nothing where the connection carries no frames. */
  #lanePort(session: Session, socket: RawServerSocket, envelopes: PluginPort): LanePort | undefined {
    const tap = ConnectionTap.of(socket);
    const { intake } = this.#options;
    const runs = new MessageRuns(this.#runs, session, socket);
    const receiver = new LaneReceiver({ session, socket, intake, runs });
    const number = tap?.openLane(receiver);
    if (!tap || !number) return undefined;
    const builder = this.#builder;
    const lane = new Lane(number, socket, builder);
    return new LanePort({ lane, builder, envelopes, tap });
  }

  #plainPort(session: Session, socket: RawServerSocket): PlainPort {
    const { intake, writer, plainEvents } = this.#options;
    return new PlainPort({
      clientId: session.clientId,
      socket,
      writer,
      allows: plainEvents,
      toRouter: (packet) => intake.takePlain(session, socket, packet),
      passOn: (message) => this.#passOn(session, socket, message),
      endOfTurn: this.#builder.endOfTurn,
    });
  }

  /** Between two plain clients a text stays one, where that is all there is to it. */
  #passOn(session: Session, socket: RawServerSocket, message: PlainText): boolean {
    const { directory, conduct, gate } = this.#options;
    const { targetClientId: peer, event, payload, json } = message;
    if (gate && !gate.leaveFor(session, { type: 'message', peer, event, payload })) return false;
    const target = directory.get(peer);
    if (!(target?.port instanceof PlainPort) || target.slowness || !target.port.allows(event)) return false;
    const size = Buffer.byteLength(json);
    if (size > conduct.largestPayload || !conduct.budgetOf(socket).bytes.take(size)) return false;
    target.port.receive(message, session.clientId);
    return true;
  }
}
