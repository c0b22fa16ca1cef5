import { callGuarded, isThenable } from '../async/call-guarded.js';
import { Fifo } from '../async/fifo.js';
import type { MaybeLater } from '../async/later.js';
import { P2PError } from '../protocol/p2p-error.js';
import type { ClientPacket } from '../protocol/packet.js';
import { payloadSize } from './conduct.js';
import { endsSomething } from './paid-for.js';
import type { Leave, Permission } from './permission.js';
import type { Router } from './router.js';
import type { ServerLimits } from './server-limits.js';
import type { Session } from './session.js';

/** A packet on its way through the gate, with what is to be done about it as soon as that is known. */
interface Turn {
  readonly size: number;
  act: (() => void) | undefined;
}

/** The turns of one client, in the order in which its packets came. */
interface Turns {
  readonly waiting: Fifo<Turn>;
  bytes: number;
}

export interface PermissionGateOptions {
  readonly router: Router;
  readonly permission: Permission;
  readonly limits: ServerLimits;
  readonly logError: (message: string, error: unknown) => void;
}

/**
 * Lets through to the router what is permitted. Each packet is asked about as it comes; where an answer takes time, what
 * the client sends after it waits, so that it all stays in its order.
 */
export class PermissionGate {
  readonly #options: PermissionGateOptions;
  readonly #turns = new WeakMap<Session, Turns>();

  constructor(options: PermissionGateOptions) {
    this.#options = options;
  }

  /** If packets with these names are permitted, as is known from before, and nothing waits before them. */
  leaveFor(sender: Session, names: ClientPacket): Leave | undefined {
    return this.#turns.has(sender) ? undefined : this.#options.permission.leaveFor(sender, names);
  }

  /** Whether it still is so; `now` by `performance.now()`. */
  isGood(leave: Leave, sender: Session, now: number): boolean {
    return this.#options.permission.isGood(leave, now) && !this.#turns.has(sender);
  }

  handle(sender: Session, packet: ClientPacket, isPaid: boolean): void {
    if (sender.ended) return;
    const { router, permission } = this.#options;
    const turns = this.#turns.get(sender);
    if (turns && !isPaid && this.#isFull(turns, sender, packet)) return;
    // Of plain clients it has to be found out.
    const size = () => (isPaid ? 0 : payloadSize(packet));
    let answer: MaybeLater<void>;
    try {
      answer = permission.check(sender, packet);
    } catch (error) {
      const refuse = () => router.refuse(sender, packet, error);
      return turns ? void this.#wait(sender, size(), refuse) : refuse();
    }
    const pass = () => router.handle(sender, packet);
    if (!isThenable(answer)) return turns ? void this.#wait(sender, size(), pass) : pass();
    const turn = this.#wait(sender, size(), undefined);
    const decided = (act: () => void) => {
      turn.act = act;
      this.#goOn(sender);
    };
    answer.then(
      () => decided(pass),
      (error) => decided(() => router.refuse(sender, packet, error)),
    );
  }

  /** Refuses what is too much. What credit has paid for is bounded by that; what ends something takes nothing. */
  #isFull(turns: Turns, sender: Session, packet: ClientPacket): boolean {
    const { router, limits } = this.#options;
    if (endsSomething(packet)) return false;
    const isTooMany = turns.waiting.size >= limits.maxWaitingPackets;
    if (!isTooMany && turns.bytes + payloadSize(packet) <= limits.maxWaitingBytes) return false;
    const limit = isTooMany ? 'maxWaitingPackets' : 'maxWaitingBytes';
    const details = { limit, most: limits[limit] };
    const message = 'Too much waits until the server has decided about what came before';
    router.refuse(sender, packet, new P2PError('QUEUE_FULL', message, { details }));
    return true;
  }

  #wait(sender: Session, size: number, act: (() => void) | undefined): Turn {
    const turns = this.#turns.get(sender) ?? { waiting: new Fifo<Turn>(), bytes: 0 };
    this.#turns.set(sender, turns);
    const turn = { size, act };
    turns.waiting.push(turn);
    turns.bytes += turn.size;
    return turn;
  }

  /** As far as it is known what is to be done. */
  #goOn(sender: Session): void {
    const turns = this.#turns.get(sender);
    if (!turns) return;
    for (let turn = turns.waiting.first; turn?.act; turn = turns.waiting.first) {
      turns.waiting.shift();
      turns.bytes -= turn.size;
      if (!sender.ended) callGuarded(turn.act, [], (error) => this.#options.logError('a packet failed', error));
    }
    if (turns.waiting.isEmpty) this.#turns.delete(sender);
  }
}
