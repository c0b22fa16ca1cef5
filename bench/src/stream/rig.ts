import { setTimeout as sleep } from 'node:timers/promises';
import { withRigs } from '../with-rigs.js';
import { Worker } from '../worker.js';
import type { ContestantName } from './contestants.js';
import type { LinkShape } from './link-pipe.js';
import type { LinkCommands } from './link-process.js';
import type { ReceiverCommands } from './receiver-process.js';
import type { SenderCommands } from './sender-process.js';
import type { ServerCommands } from './server-process.js';

/** What is measured together: one contestant, set up in one way. */
export interface RigShape {
  readonly contestant: ContestantName;
  /** Between each side's clients and the server; without one they meet on the loopback. */
  readonly link?: LinkShape;
  /** Whether `ws` may use its native helper, on all sides. */
  readonly bufferutil?: boolean;
  /** Pairs of clients; default 1. */
  readonly pairs?: number;
}

/** How long streams may take to end, in ms, before something counts as lost. */
const PATIENCE = 30_000;

/** A server, its senders and its receivers, and what lies between: each a process of its own. */
export class Rig {
  readonly shape: RigShape;
  readonly server: Worker<ServerCommands>;
  readonly sender: Worker<SenderCommands>;
  readonly receiver: Worker<ReceiverCommands>;
  readonly #links: readonly Worker<LinkCommands>[];

  constructor(shape: RigShape, failed: (error: Error) => void) {
    this.shape = shape;
    const { contestant, bufferutil = false, link } = shape;
    const options = (role: string) => ({
      script: new URL(`./${role}-process.js`, import.meta.url),
      name: `${role} of ${contestant}`,
      bufferutil,
      failed,
    });
    this.server = new Worker(options('server'));
    this.sender = new Worker(options('sender'));
    this.receiver = new Worker(options('receiver'));
    this.#links = link ? [new Worker(options('link')), new Worker(options('link'))] : [];
  }

  async connect(): Promise<void> {
    const { contestant, pairs = 1 } = this.shape;
    const { port } = await this.server.call('listen', contestant);
    const [senderPort = port, receiverPort = port] = await this.#openLinks(port);
    await this.receiver.call('connect', { contestant, port: receiverPort, pairs });
    await this.sender.call('connect', { contestant, port: senderPort, pairs });
  }

  /** Opens streams that go on until `stop`. */
  async start(streams = 1): Promise<void> {
    await this.receiver.call('expect', { streams });
    await this.sender.call('start', { streams });
  }

  /** Ends all streams where they are. @throws Error when not all that was written comes */
  async stop(): Promise<void> {
    await this.#compare(this.sender.call('stop'));
  }

  /** Lets all streams come to their end. Gives the bytes that came. @throws Error when that is not what was written */
  finish(): Promise<number> {
    return this.#compare(this.sender.call('allWritten'));
  }

  /** Stops the receiver where it is, and its line: that would go on to take what the server is to be seen to hold. */
  freezeReceiver(): void {
    for (const worker of this.#receivingSide) worker.freeze();
  }

  thawReceiver(): void {
    for (const worker of this.#receivingSide) worker.thaw();
  }

  async close(): Promise<void> {
    await Promise.all([this.server, this.sender, this.receiver, ...this.#links].map((worker) => worker.close()));
  }

  async #compare(writing: Promise<number>): Promise<number> {
    const late = new AbortController();
    const lost = sleep(PATIENCE, undefined, { signal: late.signal }).then(() => {
      throw new Error(`A stream of ${this.shape.contestant} does not come to its end`);
    });
    try {
      const [written, received] = await Promise.race([Promise.all([writing, this.receiver.call('allEnded')]), lost]);
      if (written !== received) throw new Error(`${written} bytes were written to streams and ${received} came`);
      return received;
    } finally {
      late.abort();
    }
  }

  get #receivingSide() {
    return [this.receiver, ...this.#links.slice(1)];
  }

  async #openLinks(targetPort: number): Promise<number[]> {
    const shape = this.shape.link ?? { delay: 0 };
    const opened = await Promise.all(this.#links.map((link) => link.call('open', { targetPort, shape })));
    return opened.map(({ port }) => port);
  }
}

/** Connects them all, and ends all processes when the work is over or as soon as one of them fails. */
export function withConnectedRigs<Result>(
  shapes: readonly RigShape[],
  work: (rigs: readonly Rig[]) => Promise<Result>,
): Promise<Result> {
  const makers = shapes.map((shape) => (failed: (error: Error) => void) => new Rig(shape, failed));
  return withRigs(makers, async (rigs) => {
    for (const rig of rigs) await rig.connect();
    return work(rigs);
  });
}
