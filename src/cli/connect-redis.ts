import { within } from '../async/later.js';
import { CliError, explainSystemError } from './cli-error.js';
import { loadRedis } from './load-peer-dependency.js';

/** How long Redis may take to answer at the start, in ms. */
const STARTING_TIME = 5_000;

/** Between two tries to connect again, at most, in ms. */
const LONGEST_PAUSE = 2_000;

/** Told once each time. */
export interface RedisListener {
  lost(reason: string): void;
  back(): void;
}

type Client = ReturnType<Awaited<ReturnType<typeof loadRedis>>['createClient']>;

/**
 * A client of the package `redis`, which connects again whenever it has to. No Redis at the start is an error at once.
 */
export async function connectRedis(url: string, listener: RedisListener): Promise<Client> {
  const { createClient } = await loadRedis();
  let hasStarted = false;
  const reconnectStrategy = (retries: number, cause: Error) =>
    hasStarted ? Math.min(50 * 2 ** retries, LONGEST_PAUSE) : cause;
  let client: Client | undefined;
  try {
    client = createClient({ url, socket: { reconnectStrategy } });
    tellOutages(client, {
      lost: (reason) => hasStarted && listener.lost(reason),
      back: () => hasStarted && listener.back(),
    });
    await answerOf(client);
  } catch (error) {
    if (client) await giveUp(client);
    throw new CliError(`cannot reach Redis at ${withoutPassword(url)}: ${explainSystemError(error)}`);
  }
  hasStarted = true;
  return client;
}

/** The address as it may be shown. */
export function withoutPassword(url: string): string {
  const shown = new URL(url);
  shown.password = '';
  return shown.href;
}

/** One that lacks a password can connect, and is refused only then. */
function answerOf(client: Client): Promise<unknown> {
  const answered = client.connect().then(() => client.ping());
  return within(answered, STARTING_TIME, () => new Error('it does not answer'));
}

/** A client that has not connected throws. */
async function giveUp(client: Client): Promise<void> {
  try {
    await client.disconnect();
  } catch {}
}

/** The client tells of each try that fails, and some that it is ready when no more than a proxy is there. */
function tellOutages(client: Client, { lost, back }: { lost(reason: string): unknown; back(): unknown }): void {
  let isLost = false;
  client.on('error', (error: unknown) => {
    if (!isLost) lost(explainSystemError(error));
    isLost = true;
  });
  const answered = () => {
    if (isLost) back();
    isLost = false;
  };
  client.on('ready', () => void client.ping().then(answered, () => {}));
}
