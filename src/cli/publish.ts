import type { P2PClientSocket } from '../client/p2p-client-plugin.js';
import { P2PError } from '../protocol/p2p-error.js';
import { CliError, describeError } from './cli-error.js';
import { type ConnectOptions, connectClient } from './connect-client.js';
import { formatName } from './format-json.js';
import { notice } from './notice.js';
import { parseArgument } from './parse-argument.js';
import { readJsonLines, stopReading } from './read-json-lines.js';
import { untilSignal } from './until-signal.js';
import { whileConnected } from './while-connected.js';

export interface PublishOptions extends ConnectOptions {
  /** Client id of the service. */
  readonly as: string;
  /** How many publications are kept for late subscribers. */
  readonly retain: number;
  /** Whether to end with stdin. */
  readonly exit?: true;
}

/**
 * `p2p publish`: is a service with one topic, until SIGINT or SIGTERM, because the topic ends with it. Publishes one
 * value, or those that come from stdin, none faster than all subscribers take them.
 */
export async function publish(topic: string, json: string | undefined, options: PublishOptions): Promise<void> {
  const { as, retain, exit, ...connection } = options;
  if (exit && json !== undefined) throw new CliError('--exit is for values from stdin: nobody would get this one');
  const values = json === undefined ? readJsonLines() : [parseArgument(json)];
  const socket = await connectClient(as, { ...connection, isService: true }, (client) => {
    client.createTopic(topic, { retain, slow: 'wait' });
  });
  try {
    await whileConnected(socket, async (signal) => {
      notice(`publishing ${formatName(topic)} as ${as} on ${options.url}`);
      for await (const value of values) await publishOne(socket, topic, value);
      if (!exit) await untilSignal(signal);
    });
  } finally {
    if (json === undefined) stopReading();
  }
}

/** What may go well the next time costs one publication, not the service. */
async function publishOne(socket: P2PClientSocket, topic: string, value: unknown): Promise<void> {
  try {
    await socket.publishTopic(topic, value);
  } catch (error) {
    if (!(error instanceof P2PError && error.retryable)) throw error;
    notice(describeError(error));
  }
}
