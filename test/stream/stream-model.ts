import { ok } from 'node:assert/strict';
import { expect } from 'vitest';
import type { StreamRequest } from '../../src/peer/peer-handler.js';
import { P2PError } from '../../src/protocol/p2p-error.js';
import type { Packet, StreamMode } from '../../src/protocol/packet.js';
import { Payload } from '../../src/protocol/payload.js';
import { HARMLESS, HOSTILE } from './hostile-packets.js';
import { MAX_OBJECT_SIZE, Side } from './side.js';
import type { Command, OpenCommand, StreamCommand, TamperCommand } from './stream-commands.js';
import { type Client, type Witness, World } from './world.js';

/** Most streams go towards the first, whose room they share. */
const CLIENTS = ['hub', 'ann', 'bob'] as const;

/** What may end a stream that someone has tampered with. */
const CODES = [
  'STREAM_VIOLATION',
  'STREAM_NOT_FOUND',
  'STREAM_RESET',
  'PAYLOAD_INVALID',
  'PAYLOAD_TOO_LARGE',
  'PACKET_INVALID',
  'PEER_GONE',
  'LINK_DOWN',
  'ABORTED',
  'INTERNAL',
];

/** What may end one that a side has reset, or whose side has gone. */
const HONEST_CODES = ['STREAM_RESET', 'PEER_GONE', 'LINK_DOWN', 'ABORTED'];

/** A stream, from when it is asked for. */
interface Channel {
  readonly mode: StreamMode;
  readonly opener: Side;
  readonly acceptor: Side;
  /** Why it may fail: an honest side has reset it, or has gone. */
  ended: boolean;
}

/** Streams between clients, what is done to them, and what must be true of it all. */
export class Model implements Witness {
  readonly world = new World(CLIENTS, this);
  readonly channels: Channel[] = [];
  /** Answers to opens that no engine gave: who answers, whom, and the number of what was asked. */
  readonly #madeUp = new Set<string>();

  get sides(): Side[] {
    return this.channels.flatMap(({ opener, acceptor }) => [opener, acceptor]);
  }

  asked(_client: Client, request: StreamRequest): void {
    const { acceptor } = this.channels[request.metadata.args[0] as number] ?? {};
    if (!acceptor || acceptor.end) return request.reject(new P2PError('STREAM_REFUSED', 'Not one of ours'));
    const end = request.accept({ maxWindow: acceptor.maxWindow, maxObjectSize: MAX_OBJECT_SIZE });
    if (end) acceptor.attach(end);
  }

  sent(client: Client, packet: Packet): void {
    if (packet.type === 'open') {
      const side = this.channels[packet.payload.args[0] as number]?.opener;
      if (side) side.id = packet.id;
      this.#taintAnswered();
      side?.sent(packet);
    } else if (packet.type === 'opened') {
      const channel = this.channels.find(({ opener }) => opener.client.id === packet.peer && opener.id === packet.id);
      if (channel) channel.acceptor.id = packet.stream;
      channel?.acceptor.sent(packet);
    } else {
      this.#sideOf(client, packet)?.sent(packet);
    }
  }

  arriving(client: Client, packet: Packet): void {
    this.#sideOf(client, packet)?.arriving(packet);
  }

  async run(step: Command): Promise<void> {
    switch (step.do) {
      case 'open':
        this.#open(step);
        break;
      case 'disconnect':
        this.#disconnect(this.#client(step.client));
        break;
      case 'deliverUp':
      case 'flush':
      case 'deliverDown':
        for (let left = step.count; left > 0; left--) this.#client(step.client)[step.do]();
        break;
      case 'deliverAll':
        this.world.deliverAll();
        break;
      case 'pass':
        this.world.clock.advance(step.ms);
        break;
      case 'ballast':
        this.#ballast(this.#client(step.client), step.bytes);
        break;
      default:
        this.#runOn(step);
    }
    if (this.channels.some(({ opener, ended }) => !opener.end && !ended)) await opened();
    this.check();
  }

  check(): void {
    ok(this.world.failures.length === 0, `the server has failed: ${this.world.failures[0]}`);
    this.world.ledger.check();
    for (const { opener, acceptor, ended } of this.channels) {
      for (const side of [opener, acceptor]) {
        if (side.problem) throw side.problem;
        side.checkMemory();
        if (!side.failure) continue;
        ok(side.tainted || ended, `an honest stream has failed: ${side.failure}`);
        ok((side.tainted ? CODES : HONEST_CODES).includes(side.failure.code), side.failure.code);
      }
    }
  }

  /** While the readers read, everything that was written arrives, and then everything ends. */
  async checkItArrives(): Promise<void> {
    await this.#settle();
    for (const { opener, acceptor, ended } of this.channels) {
      if (opener.tainted || ended) continue;
      for (const side of [opener, acceptor]) {
        expect(side.writing, 'no deadlock while the reader reads').toBe(false);
        expect(side.peer.read, 'everything has arrived').toBe(side.wrote);
        expect(side.peer.end?.atEnd, 'so has the end').toBe(side.finished);
      }
    }
  }

  async checkNothingIsLeft(): Promise<void> {
    for (const side of this.sides) {
      if (side.tainted) side.end?.reset();
      else side.finish();
    }
    await this.#settle();
    for (const { opener, acceptor, ended } of this.channels) {
      if (!opener.tainted && !ended) expect([opener.closed, acceptor.closed]).toEqual([true, true]);
    }
    for (const { session, engine, problem } of this.world.clients) {
      expect([session.streams.size, session.edges.size, engine.streamCount]).toEqual([0, 0, 0]);
      if (problem) continue;
      this.world.ledger.setBallast(session, 0);
      expect(session.inflow.load).toBe(0);
    }
  }

  async #settle(): Promise<void> {
    for (let moved = true; moved; ) {
      moved = this.world.deliverAll();
      await opened();
      for (const side of this.sides) moved = side.take(Number.POSITIVE_INFINITY) || moved;
      this.check();
    }
  }

  #open({ from, to, mode, windows }: OpenCommand): void {
    const [opener, acceptor] = [this.#client(from), this.#client(to === from ? to + 1 : to)];
    if (opener.problem || acceptor.problem || this.channels.length === 12) return;
    const channel: Channel = {
      mode,
      opener: new Side({ mode, client: opener, maxWindow: windows[0] }),
      acceptor: new Side({ mode, client: acceptor, maxWindow: windows[1] }),
      ended: false,
    };
    channel.opener.join(channel.acceptor);
    const metadata = Payload.encode([this.channels.push(channel) - 1]);
    const plan = { mode, metadata, maxWindow: windows[0], maxObjectSize: MAX_OBJECT_SIZE };
    opener.engine.openStream(acceptor.id, plan, { timeout: 1e9, signal: undefined }).then(
      ({ end }) => channel.opener.attach(end),
      () => {
        channel.ended = true;
      },
    );
  }

  #runOn(step: StreamCommand): void {
    const { sides } = this;
    const side = sides[step.which % Math.max(1, sides.length)];
    if (!side?.end) return;
    switch (step.do) {
      case 'write':
        return side.write(step.size, step.kind);
      case 'take':
        return void side.take(step.count);
      case 'finish':
        return side.finish();
      case 'reset':
        return this.#reset(side);
      case 'stream':
        return this.#stream(side, step.count);
      default:
        this.#tamper(side, step);
    }
  }

  #reset(side: Side): void {
    for (const channel of this.channels) {
      if (channel.opener === side || channel.acceptor === side) channel.ended = true;
    }
    side.end?.reset(new Error('Enough'));
  }

  /** As on a good day: everything is read as it comes, and the windows grow. */
  #stream(side: Side, rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      side.write(250_000, round);
      this.world.deliverAll();
      side.peer.take(Number.POSITIVE_INFINITY);
      this.world.clock.advance(4);
    }
  }

  /** The raw socket of one side sends for its own stream what it should not. */
  #tamper(side: Side, step: TamperCommand): void {
    const { client, id, peer } = side;
    if (id === undefined || !peer.end || client.problem) return;
    if (step.do === 'harmless') {
      client.up.push(...(HARMLESS[step.what]?.(id, peer.client.id) ?? []));
    } else {
      side.tainted = true;
      peer.tainted = true;
      const envelopes = HOSTILE[step.what]?.(id, step.count) ?? [];
      for (const [, header] of envelopes) {
        const [type, opener, , asked] = header as unknown[];
        if (type === 'opened') this.#madeUp.add(`${client.id} ${opener} ${asked}`);
      }
      this.#taintAnswered();
      client.up.push(...envelopes);
    }
  }

  /** An answer made up may be the first to what a client was really asked: that stream is none of its engine's. */
  #taintAnswered(): void {
    for (const { opener, acceptor } of this.channels) {
      if (!this.#madeUp.has(`${acceptor.client.id} ${opener.client.id} ${opener.id}`)) continue;
      opener.tainted = true;
      acceptor.tainted = true;
    }
  }

  #disconnect(client: Client): void {
    for (const channel of this.channels) {
      if (channel.opener.client === client || channel.acceptor.client === client) channel.ended = true;
    }
    client.disconnect();
  }

  #ballast({ session }: Client, bytes: number): void {
    if (!session.ended) this.world.ledger.setBallast(session, bytes);
  }

  #client(index: number): Client {
    return this.world.clients[index % CLIENTS.length] as Client;
  }

  #sideOf(client: Client, packet: Packet): Side | undefined {
    if (!('stream' in packet)) return undefined;
    return this.sides.find((side) => side.client === client && side.id === packet.stream);
  }
}

/** A stream is handed to who opened it a little later. */
function opened(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
