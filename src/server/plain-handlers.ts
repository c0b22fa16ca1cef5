import { PLAIN_VERBS } from '../protocol/event-names.js';
import { DEFAULT_TIMEOUT } from '../protocol/limits.js';
import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import {
  checkPlainArguments,
  type PlainResult,
  readPlainEmit,
  readPlainRoom,
  readPlainRoomEmit,
  readPlainTarget,
} from '../protocol/plain-bodies.js';
import type { PlainPort } from './plain-port.js';

/** The acknowledgement function that Socket.IO gives for an event. */
export type PlainAck = (result: PlainResult) => void;

/** What one event of a plain client does; what it throws is told to that client. */
export type PlainHandler = (port: PlainPort, body: unknown, ack: PlainAck | undefined) => void;

const deadline = { timeout: DEFAULT_TIMEOUT, signal: undefined };

/** The events of `PROTOCOL.md` § Plain clients. */
export const PLAIN_HANDLERS: Readonly<Record<string, PlainHandler>> = {
  [PLAIN_VERBS.emit]: ({ engine }, body, ack) => {
    const { targetClientId, event, payload } = readPlainEmit(body);
    engine.message(targetClientId, event, payload, deadline);
    ack?.({ args: [] });
  },
  [PLAIN_VERBS.emitRoom]: ({ engine }, body, ack) => {
    const { room, event, payload } = readPlainRoomEmit(body);
    engine.roomMessage(room, event, payload, deadline);
    ack?.({ args: [] });
  },
  [PLAIN_VERBS.request]: (port, body, ack) => {
    if (!ack) throw new P2PError('INVALID_ARGUMENT', `${PLAIN_VERBS.request} needs an acknowledgement function`);
    const { targetClientId, event, payload } = readPlainEmit(body);
    const answer = port.engine.request(targetClientId, event, payload, deadline);
    settle(
      port,
      ack,
      answer.then((reply) => reply.args),
    );
  },
  [PLAIN_VERBS.addTarget]: (port, body, ack) => {
    settle(
      port,
      ack,
      port.engine.pair(readPlainTarget(body), deadline).then(() => []),
    );
  },
  [PLAIN_VERBS.joinRoom]: (port, body, ack) => {
    settle(
      port,
      ack,
      port.engine.join(readPlainRoom(body), deadline).then(() => []),
    );
  },
  [PLAIN_VERBS.leaveRoom]: (port, body, ack) => {
    settle(
      port,
      ack,
      port.engine.leave(readPlainRoom(body), deadline).then(() => []),
    );
  },
  [PLAIN_VERBS.clientList]: (port, _body, ack) => {
    settle(
      port,
      ack,
      port.engine.clientList(deadline).then((clientIds) => [clientIds]),
    );
  },
  [PLAIN_VERBS.isConnected]: (port, body, ack) => {
    const clientId = readPlainTarget(body);
    settle(
      port,
      ack,
      port.engine.isConnected(clientId, deadline).then((connected) => [connected]),
    );
  },
};

/** Gives the outcome to the ack; without one, only a failure is told. */
function settle(port: PlainPort, ack: PlainAck | undefined, outcome: Promise<readonly unknown[]>): void {
  outcome
    .then((args) => {
      checkPlainArguments(args);
      ack?.({ args });
    })
    .catch((error) => {
      const problem = toP2PError(error);
      if (ack) ack({ error: problem.toJSON() });
      else port.failed(problem);
    });
}
