import { ok } from 'node:assert/strict';
import { STREAM_PACKET_COST } from '../../src/protocol/limits.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { Packet, StreamMode } from '../../src/protocol/packet.js';
import { streamCost } from '../../src/protocol/stream-cost.js';
import type { StreamEnd } from '../../src/stream/stream-end.js';
import { bytesAt, OBJECT_KINDS, type ObjectPlan, objectOf, sameBytes, sameObject } from './content.js';
import type { Client } from './world.js';

/** Largest object of the streams under test, in bytes. */
export const MAX_OBJECT_SIZE = 300_000;

/** Most credit that the parts of one object take: they have at least 1 KiB each. */
const MOST_OBJECT_COST = MAX_OBJECT_SIZE + 1 + Math.ceil(MAX_OBJECT_SIZE / 1_024) * STREAM_PACKET_COST;

export interface SidePlan {
  readonly mode: StreamMode;
  readonly client: Client;
  readonly maxWindow: number;
}

/** One end of a stream: what was written to it and read from it, and what it has granted. */
export class Side {
  readonly mode: StreamMode;
  readonly client: Client;
  readonly maxWindow: number;
  id: number | undefined;
  end: StreamEnd | undefined;
  failure: P2PError | undefined;
  closed = false;
  writing = false;
  finished = false;
  /** Bytes, or objects. */
  wrote = 0;
  read = 0;
  /** Hostile packets may bring what nobody wrote. */
  tainted = false;
  /** The first thing that was wrong within a callback, where the code under test may catch what is thrown. */
  problem: unknown;
  readonly #plans: ObjectPlan[] = [];
  #peer: Side | undefined;
  #granted = 0;
  /** Costs of what has arrived and was not taken, for each `take`. */
  #unread: number[] = [];
  #partial = 0;
  #taken = 0;

  constructor({ mode, client, maxWindow }: SidePlan) {
    this.mode = mode;
    this.client = client;
    this.maxWindow = maxWindow;
  }

  get peer(): Side {
    if (!this.#peer) throw new Error('It has no other end');
    return this.#peer;
  }

  get canWrite(): boolean {
    return this.end !== undefined && !this.end.failure && !this.writing && !this.finished;
  }

  join(peer: Side): void {
    this.#peer = peer;
    peer.#peer = this;
  }

  attach(end: StreamEnd): void {
    this.end = end;
    end.attach({
      readable: () => {},
      failed: (error) => {
        this.#look(() => ok(!this.failure, 'it fails once'));
        this.failure = error;
      },
      closed: () => {
        this.#look(() => ok(!this.failure, 'what has failed does not close'));
        this.closed = true;
      },
    });
  }

  write(size: number, kind: number): void {
    if (!this.end || !this.canWrite) return;
    const values = this.mode === 'bytes' ? this.#bytes(size, 1 + kind) : this.#object(size, kind);
    this.writing = true;
    this.end.write(values, (error) => {
      this.writing = false;
      this.#look(() => ok(error?.code === this.end?.failure?.code, 'a write fails only with its stream'));
    });
  }

  take(count: number): boolean {
    let taken = 0;
    for (; taken < count && this.end; taken++) {
      // Before it is taken, because that grants credit at once.
      const cost = this.#unread.shift();
      this.#taken += cost ?? 0;
      const item = this.end.take();
      if (!item) break;
      this.#check(item.value, this.peer);
    }
    return taken > 0;
  }

  finish(): void {
    if (!this.canWrite) return;
    this.finished = true;
    this.end?.finish();
  }

  sent(packet: Packet): void {
    if (packet.type === 'open' || packet.type === 'opened') this.#granted = packet.credit;
    if (packet.type !== 'credit') return;
    this.#granted += packet.credit;
    const most = this.maxWindow + (this.mode === 'objects' ? MOST_OBJECT_COST : 0);
    const open = this.#granted - this.#taken - this.#partial;
    this.#look(() => ok(open <= most, 'the window'));
  }

  arriving(packet: Packet): void {
    if (packet.type !== 'data' && packet.type !== 'part') return;
    this.#partial += streamCost(packet.payload);
    if (packet.type === 'part') return;
    this.#unread.push(this.#partial);
    this.#partial = 0;
  }

  /** However the other side behaves. */
  checkMemory(): void {
    if (!this.end || this.end.failure) return;
    const unread = this.#unread.reduce((sum, cost) => sum + cost, this.#partial);
    const most = this.maxWindow + (this.mode === 'objects' ? MOST_OBJECT_COST : 0);
    ok(unread <= most, 'what waits to be read');
  }

  #look(check: () => void): void {
    try {
      check();
    } catch (error) {
      this.problem ??= error;
    }
  }

  #check(value: unknown, { wrote }: Side): void {
    if (this.tainted) return;
    if (this.mode === 'objects') {
      const plan = this.peer.#plans[this.read++];
      ok(plan && sameObject(value, plan), 'objects arrive once, in order');
      return;
    }
    const bytes = value as Uint8Array;
    ok(sameBytes(bytes, bytesAt(this.read, bytes.byteLength)), 'bytes arrive once, in order');
    this.read += bytes.byteLength;
    ok(this.read <= wrote, 'no more than was written');
  }

  #bytes(size: number, chunks: number): Uint8Array[] {
    const each = Math.ceil(size / chunks);
    const values: Uint8Array[] = [];
    for (let left = size; left > 0 || values.length < chunks; left -= each) {
      const length = Math.max(0, Math.min(each, left));
      values.push(bytesAt(this.wrote, length));
      this.wrote += length;
    }
    return values;
  }

  #object(size: number, kind: number): unknown[] {
    const plan = { kind: OBJECT_KINDS[kind % OBJECT_KINDS.length] ?? 'number', size, index: this.wrote++ };
    // Three bytes a character at most.
    const fitting = { ...plan, size: plan.kind === 'text' ? Math.floor(size / 3) : size };
    this.#plans.push(fitting);
    return [objectOf(fitting)];
  }
}
