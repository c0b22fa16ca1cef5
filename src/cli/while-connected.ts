import type { P2PClientSocket } from '../client/p2p-client-plugin.js';
import { leaveRelay } from './connect-client.js';
import { noticeConnection } from './connection-notices.js';
import { notice } from './notice.js';
import { untilSignal } from './until-signal.js';

/**
 * Runs what SIGINT or SIGTERM ends well, then leaves the relay. It fails as `run` does, or when the relay will not have
 * this client again; the signal aborts as soon as it is over.
 */
export async function whileConnected(
  socket: P2PClientSocket,
  run: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  let stopNotices = () => {};
  const ended = new Promise<never>((_resolve, reject) => {
    stopNotices = noticeConnection(socket, { notice, ended: reject });
  });
  try {
    await Promise.race([ended, untilSignal(stop.signal), run(stop.signal)]);
  } finally {
    stop.abort();
    stopNotices();
    await leaveRelay(socket);
  }
}
