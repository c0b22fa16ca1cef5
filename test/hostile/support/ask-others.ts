import { setImmediate } from 'node:timers/promises';
import type { P2PError } from '../../../src/protocol/p2p-error.js';
import { next, type TestClient } from '../../support/relay.js';
import type { History } from './history.js';

/** Said by whoever can be sure that the message has not arrived; after all others it may have. */
export const CERTAIN = ['CLIENT_NOT_FOUND', 'QUEUE_FULL'];

export interface AskOptions {
  /** Whom to ask, and the client itself. */
  readonly clients: readonly string[];
  readonly history: History;
  /** Requests that are under way. */
  readonly atOnce: number;
  readonly isOver: () => boolean;
  /** How long each may take, in ms. Default: the client's own. */
  readonly timeout?: number;
}

/** Asks the others, in turn, until it is over. */
export async function askOthers(client: TestClient, options: AskOptions): Promise<void> {
  const { clients, history, atOnce, isOver, timeout } = options;
  const calls = timeout === undefined ? client : client.with({ timeout });
  const others = clients.filter((id) => id !== client.clientId);
  let turn = 0;
  const one = async () => {
    while (!isOver()) {
      const to = others[turn++ % others.length]!;
      const operation = history.invoke(client.clientId, to);
      try {
        await calls.emitToWithAck(to, 'work', { to, number: operation.number });
        history.ok(operation);
      } catch (error) {
        const { code } = error as P2PError;
        if (CERTAIN.includes(code)) history.fail(operation, code);
        else history.unknown(operation, code);
        if (!client.connected && !isOver()) await next(client, 'connect');
        await setImmediate();
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, one));
}
