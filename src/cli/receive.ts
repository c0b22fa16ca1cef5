import { access, constants, stat } from 'node:fs/promises';
import { CliError, describeError, explainSystemError } from './cli-error.js';
import { type ConnectOptions, connectClient, leaveRelay } from './connect-client.js';
import { noticeConnection } from './connection-notices.js';
import { formatName } from './format-json.js';
import { Inbox } from './inbox.js';
import { outputFailed } from './standard-output.js';
import { untilSignal } from './until-signal.js';

export interface ReceiveOptions extends ConnectOptions {
  readonly as: string;
  /** Where the files go. */
  readonly dir: string;
  readonly force?: boolean;
  readonly once?: boolean;
}

/** `p2p receive`: takes files, and prints `SENDER NAME BYTES SHA256` of each, until SIGINT or SIGTERM. */
export async function receive({ as, dir, force = false, once = false, ...options }: ReceiveOptions): Promise<void> {
  await checkFolder(dir);
  const stop = new AbortController();
  let isComplete = !once;
  const ended = (success: boolean) => {
    if (!once) return;
    isComplete = success;
    stop.abort();
  };
  const inbox = new Inbox({ folder: dir, force, once, ended });
  const socket = await connectClient(as, options, (client) => inbox.open(client));
  const fail = (error: Error) => {
    inbox.notice(describeError(error));
    isComplete = false;
    stop.abort();
  };
  process.stdout.on('error', (error) => fail(outputFailed(error)));
  const stopNotices = noticeConnection(socket, { notice: (text) => inbox.notice(text), ended: fail });
  inbox.notice(`receiving as ${as} on ${options.url}`);
  await untilSignal(stop.signal);
  socket.offAddP2pStream();
  if (await inbox.close(new CliError('interrupted'))) isComplete = false;
  if (!isComplete) process.exitCode = 1;
  stopNotices();
  await leaveRelay(socket);
}

async function checkFolder(folder: string): Promise<void> {
  const problem = (error: unknown) =>
    new CliError(`cannot write to ${formatName(folder)}: ${explainSystemError(error)}`);
  const stats = await stat(folder).catch((error) => {
    throw problem(error);
  });
  if (!stats.isDirectory()) throw new CliError(`${formatName(folder)} is no folder`);
  await access(folder, constants.W_OK).catch((error) => {
    throw problem(error);
  });
}
