import { describeError } from './cli-error.js';
import { type ConnectOptions, connectClient } from './connect-client.js';
import { noticeConnection } from './connection-notices.js';
import { formatJson, formatName } from './format-json.js';
import { untilSignal } from './until-signal.js';

export interface ListenOptions extends ConnectOptions {
  readonly as: string;
}

/** `p2p listen`: prints what arrives, `SENDER EVENT JSON…`, until SIGINT or SIGTERM. */
export async function listen({ as, ...options }: ListenOptions): Promise<void> {
  const socket = await connectClient(as, options);
  const stop = new AbortController();
  socket.onMessage(({ from, event, args, ack }) => {
    console.log([...[from, event].map(formatName), ...args.map(formatJson)].join(' '));
    ack?.();
  });
  const notice = (text: string) => console.error(`p2p: ${text}`);
  const ended = (error: Error) => {
    notice(describeError(error));
    process.exitCode = 1;
    stop.abort();
  };
  noticeConnection(socket, { notice, ended });
  console.error(`p2p: listening as ${as} on ${options.url}`);
  await untilSignal(stop.signal);
  socket.removeAllListeners();
  socket.disconnect();
}
