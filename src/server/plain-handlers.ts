import { PLAIN_VERBS, SERVICE_VERBS, STREAM_EVENTS } from '../protocol/event-names.js';
import { DEFAULT_TIMEOUT } from '../protocol/limits.js';
import { P2PError, toP2PError } from '../protocol/p2p-error.js';
import {
  checkPlainArguments,
  type PlainResult,
  readPlainCall,
  readPlainEmit,
  readPlainRoom,
  readPlainRoomEmit,
  readPlainTarget,
} from '../protocol/plain-bodies.js';
import type { PlainPort } from './plain-port.js';
import type { ConnectionInfo } from './plain-streams.js';

/** The acknowledgement function that Socket.IO gives for an event. */
export type PlainAck = (result: PlainResult) => void;

/** What one event of a plain client does; what it throws is told to that client. */
export type PlainHandler = (port: PlainPort, body: unknown, ack: PlainAck | undefined) => void;

const deadline = { timeout: DEFAULT_TIMEOUT, signal: undefined };

/** A handler that answers with one value, or none, at once or later. */
const answering =
  (handle: (port: PlainPort, body: unknown) => unknown): PlainHandler =>
  (port, body, ack) => {
    // What is wrong with the body is thrown at once.
    const answer = Promise.resolve(handle(port, body));
    settle(
      port,
      ack,
      answer.then((value) => (value === undefined ? [] : [value])),
    );
  };

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
    checkAck(PLAIN_VERBS.request, ack);
    const { targetClientId, event, payload } = readPlainEmit(body);
    const answer = port.engine.request(targetClientId, event, payload, deadline);
    settle(
      port,
      ack,
      answer.then((reply) => reply.args),
    );
  },
  [PLAIN_VERBS.addTarget]: answering(({ engine }, body) => engine.pair(readPlainTarget(body), deadline)),
  [PLAIN_VERBS.joinRoom]: answering(({ engine }, body) => engine.join(readPlainRoom(body), deadline)),
  [PLAIN_VERBS.leaveRoom]: answering(({ engine }, body) => engine.leave(readPlainRoom(body), deadline)),
  [PLAIN_VERBS.clientList]: answering(({ engine }) => engine.clientList(deadline)),
  [PLAIN_VERBS.isConnected]: answering(({ engine }, body) => engine.isConnected(readPlainTarget(body), deadline)),
  [SERVICE_VERBS.call]: (port, body, ack) => {
    checkAck(SERVICE_VERBS.call, ack);
    settle(port, ack, callApi(port, readPlainCall(body)));
  },
  [SERVICE_VERBS.list]: answering(({ engine }) => engine.services.list(deadline)),
  [SERVICE_VERBS.subscribe]: answering(({ subscriptions }, body) => subscriptions.subscribe(body)),
  [SERVICE_VERBS.unsubscribe]: answering(({ subscriptions }, body) => subscriptions.unsubscribe(body)),
  [STREAM_EVENTS.create]: (port, body, ack) => {
    checkAck(STREAM_EVENTS.create, ack);
    const told = (connectionInfo: ConnectionInfo) => ack({ args: [{ connectionInfo }] });
    port.streams.open(body, told).catch((error) => ack({ error: toP2PError(error).toJSON() }));
  },
  [STREAM_EVENTS.chunk]: answering(({ streams }, body) => streams.chunk(body)),
  [STREAM_EVENTS.end]: answering(({ streams }, body) => streams.finish(body)),
  [STREAM_EVENTS.destroy]: answering(({ streams }, body) => streams.destroy(body)),
};

async function callApi(
  { engine }: PlainPort,
  { service, ...plan }: ReturnType<typeof readPlainCall>,
): Promise<readonly unknown[]> {
  const answer = await engine.services.call(service, { ...plan, input: 'value' }, deadline);
  if (!('end' in answer)) return answer.args;
  const error = new P2PError('UNSUPPORTED', 'This API answers by items, which need the plugin');
  answer.end.reset(error);
  throw error;
}

function checkAck(event: string, ack: PlainAck | undefined): asserts ack is PlainAck {
  if (!ack) throw new P2PError('INVALID_ARGUMENT', `${event} needs an acknowledgement function`);
}

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
