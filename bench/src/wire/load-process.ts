import { giveUp, serveCommands } from '../commands.js';
import { makePayload, type PayloadName } from '../relay/payloads.js';
import type { ConnectedWire } from './wire.js';
import { ALL_WIRES, type AnyWireName } from './wires.js';

export interface WireTarget {
  readonly wire: AnyWireName;
  readonly port: number;
  /** Of which one sends and the other receives. */
  readonly pairs: number;
  /** Connected besides, and idle. */
  readonly idle: number;
}

export interface WireOrder {
  readonly payload: PayloadName;
  /** How many of the pairs talk. */
  readonly pairs: number;
  /** Messages of each that are under way, where they are sent as fast as that lets them. */
  readonly inFlight: number;
  /** Messages a second of all pairs together, in place of that. */
  readonly rate?: number | undefined;
  /** In ms. */
  readonly duration: number;
}

export interface WireResult {
  readonly messages: number;
  readonly elapsedMs: number;
  /** As they reached the server, and as they left it. */
  readonly framesIn: number;
  readonly framesOut: number;
  /** What the load has spent: all clients, senders and receivers, user and system time, in µs. */
  readonly loadMicros: number;
}

export interface WireLoadCommands {
  connect(target: WireTarget): Promise<void>;
  run(order: WireOrder): Promise<WireResult>;
}

/** Clients that connect at the same time. */
const BATCH = 100;

/** How long the last messages may take, in ms, before they count as lost. */
const PATIENCE = 10_000;

let senders: ConnectedWire[] = [];
let receivers: ConnectedWire[] = [];

serveCommands<WireLoadCommands>({
  async connect({ wire, port, pairs, idle }) {
    const connect = (clientId: string, partner?: string) =>
      ALL_WIRES[wire].connect({ port, clientId, partner, failed: giveUp });
    receivers = await inBatches(pairs, (index) => connect(`client-r${index}`));
    senders = await inBatches(pairs, (index) => connect(`client-s${index}`, `client-r${index}`));
    await inBatches(idle, (index) => connect(`client-i${index}`));
  },

  async run(order) {
    const payload = makePayload(order.payload);
    const talking = senders.slice(0, order.pairs);
    for (const receiver of receivers) receiver.receive(() => {});
    for (const sender of talking) await sender.load(payload);
    const before = framesOf();
    const cpuBefore = process.cpuUsage();
    const start = performance.now();
    const messages = await (order.rate === undefined ? saturate(order, start) : offer(order, order.rate, start));
    const { user, system } = process.cpuUsage(cpuBefore);
    const after = framesOf();
    return {
      messages,
      elapsedMs: performance.now() - start,
      framesIn: after.sent - before.sent,
      framesOut: after.received - before.received,
      loadMicros: user + system,
    };
  },
});

/** As many go as have come: what is under way stays the same. */
function saturate({ pairs, inFlight, duration }: WireOrder, start: number): Promise<number> {
  let messages = 0;
  let underWay = 0;
  return arrived(duration, (done) => {
    for (let index = 0; index < pairs; index++) {
      const sender = senders[index]!;
      receivers[index]!.receive((count) => {
        messages += count;
        underWay -= count;
        if (performance.now() - start < duration) {
          underWay += count;
          sender.send(count);
        } else if (underWay <= 0) done(messages);
      });
      underWay += inFlight;
      sender.send(inFlight);
    }
  });
}

/** So many a second, in portions of a millisecond. */
function offer({ pairs, duration }: WireOrder, rate: number, start: number): Promise<number> {
  let received = 0;
  let sent = 0;
  return arrived(duration, (done) => {
    for (const receiver of receivers) receiver.receive((count) => (received += count));
    let index = 0;
    const timer = setInterval(() => {
      const elapsed = performance.now() - start;
      if (elapsed >= duration) {
        if (received < sent) return;
        clearInterval(timer);
        return done(received);
      }
      const due = Math.floor((elapsed / 1_000) * rate) - sent;
      const portion = Math.ceil(due / pairs);
      for (let left = due; left > 0; left -= portion) {
        senders[index]!.send(Math.min(portion, left));
        index = (index + 1) % pairs;
      }
      sent += Math.max(due, 0);
    }, 1);
  });
}

/** All of them, or an error when messages do not arrive. */
function arrived(duration: number, begin: (done: (count: number) => void) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Messages got lost')), duration + PATIENCE);
    begin((count) => {
      clearTimeout(timer);
      resolve(count);
    });
  });
}

function framesOf(): { readonly sent: number; readonly received: number } {
  const sum = (wires: readonly ConnectedWire[], of: (wire: ConnectedWire) => number) =>
    wires.reduce((total, wire) => total + of(wire), 0);
  return { sent: sum(senders, ({ frames }) => frames.sent), received: sum(receivers, ({ frames }) => frames.received) };
}

async function inBatches<T>(count: number, make: (index: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  while (made.length < count) {
    const size = Math.min(BATCH, count - made.length);
    made.push(...(await Promise.all(Array.from({ length: size }, (_, offset) => make(made.length + offset)))));
  }
  return made;
}
