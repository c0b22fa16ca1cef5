import type { Subscription } from '../peer/subscription.js';
import { type ConnectOptions, connectClient } from './connect-client.js';
import { formatName } from './format-json.js';
import { linePrinter, type PrintLine } from './line-printer.js';
import { notice } from './notice.js';
import { printValues } from './print-values.js';
import { temporaryId } from './temporary-id.js';
import { whileConnected } from './while-connected.js';

export interface SubscribeOptions extends ConnectOptions {
  readonly as?: string;
}

/** `p2p subscribe`: prints what is published on a topic, one JSON value a line, until SIGINT or SIGTERM. */
export async function subscribe(
  service: string,
  topic: string,
  { as = temporaryId('subscribe'), ...options }: SubscribeOptions,
): Promise<void> {
  const socket = await connectClient(as, options);
  await whileConnected(socket, async (signal) => {
    const subscription = socket.with({ signal }).subscribeTopic<unknown>(service, topic);
    noticeSubscription(subscription);
    await subscription.ready;
    notice(`subscribed to ${formatName(topic)} of ${formatName(service)} on ${options.url}`);
    await printValues(subscription, tellingMissed(subscription, linePrinter(signal)));
  });
}

function noticeSubscription(subscription: Subscription): void {
  subscription.on('interrupted', () => notice('interrupted: publications may be missed'));
  subscription.on('resumed', () => notice('resumed'));
}

/** Where the reader of stdout is slow, what was missed is told once a line, not once a publication. */
function tellingMissed(subscription: Subscription, print: PrintLine): PrintLine {
  let missed = 0;
  let isPrinting = false;
  const tell = () => {
    if (missed > 0) notice(`publications missed: ${missed}`);
    missed = 0;
  };
  subscription.on('missed', (count) => {
    missed += count;
    if (!isPrinting) tell();
  });
  return async (line) => {
    isPrinting = true;
    await print(line);
    isPrinting = false;
    tell();
  };
}
