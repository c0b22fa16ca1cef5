import { describe, expect, it } from 'vitest';
import { MAX_STREAM_WINDOW, MIN_STREAM_WINDOW, STREAM_PACKET_COST } from '../../src/protocol/limits.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { StreamMode } from '../../src/protocol/packet.js';
import { Payload } from '../../src/protocol/payload.js';
import { PAYLOAD_FORMATS } from '../../src/protocol/payload-codec.js';
import { StreamEnd, type StreamPacket } from '../../src/stream/stream-end.js';

const MAX_OBJECT_SIZE = 50_000;

/** What a peer may send, without the stream's number. */
type Sent = StreamPacket extends infer P ? (P extends unknown ? Omit<P, 'stream'> : never) : never;

/** One end of a stream; the test is the other. */
class Harness {
  readonly sent: StreamPacket[] = [];
  readonly told: string[] = [];
  failure: P2PError | undefined;
  readonly end: StreamEnd;

  constructor(mode: StreamMode) {
    this.end = new StreamEnd({
      id: 1,
      mode,
      maxWindow: MIN_STREAM_WINDOW,
      maxObjectSize: MAX_OBJECT_SIZE,
      now: () => 0,
      port: { maxChunk: 65_000, send: (packet) => this.sent.push(packet), over: () => this.told.push('over') },
    });
    this.end.attach({
      readable: () => {},
      closed: () => this.told.push('closed'),
      failed: (error) => {
        this.told.push('failed');
        this.failure = error;
      },
    });
  }

  receive(...packets: Sent[]): this {
    for (const packet of packets) this.end.receive({ ...packet, stream: 1 } as StreamPacket);
    return this;
  }

  take(): unknown {
    return this.end.take()?.value;
  }

  /** Both who uses it and the peer were told, once. */
  expectReset(code: string): void {
    expect(this.failure?.code).toBe(code);
    expect(this.told).toEqual(['over', 'failed']);
    const resets = this.sent.filter((packet) => packet.type === 'reset');
    expect(resets.map(({ payload }) => payload.error.code)).toEqual([code]);
  }
}

const json = (data: string): Payload => Payload.ofEncoded({ format: PAYLOAD_FORMATS.json, data });
const bytes = (size: number): Payload => Payload.ofBytes(new Uint8Array(size).fill(PAYLOAD_FORMATS.bytes));
const data = (payload: Payload, probe = 0): Sent => ({ type: 'data', payload, probe });
const part = (payload: Payload): Sent => ({ type: 'part', payload, probe: 0 });
const finish: Sent = { type: 'finish' };

describe('threats: what a stream does not take resets it', () => {
  const whole = MIN_STREAM_WINDOW - STREAM_PACKET_COST;

  it.each<[string, StreamMode, Sent[], string]>([
    ['data beyond the credit', 'bytes', [data(bytes(whole + 1))], 'STREAM_VIOLATION'],
    ['data beyond what was left of it', 'bytes', [data(bytes(whole)), data(bytes(1))], 'STREAM_VIOLATION'],
    ['text for bytes', 'bytes', [data(json('["x"]'))], 'STREAM_VIOLATION'],
    ['no bytes', 'bytes', [data(bytes(0))], 'STREAM_VIOLATION'],
    ['a part of bytes', 'bytes', [part(bytes(2_000))], 'STREAM_VIOLATION'],
    ['a part that is text', 'objects', [part(json('["x"]'))], 'STREAM_VIOLATION'],
    ['a part of nothing', 'objects', [part(bytes(0))], 'STREAM_VIOLATION'],
    ['the rest of an object as text', 'objects', [part(bytes(2_000)), data(json('[1]'))], 'STREAM_VIOLATION'],
    ['an end within an object', 'objects', [part(bytes(2_000)), finish], 'STREAM_VIOLATION'],
    ['two ends', 'bytes', [finish, finish], 'STREAM_VIOLATION'],
    ['data after the end', 'bytes', [finish, data(bytes(1))], 'STREAM_VIOLATION'],
    ['a part after the end', 'objects', [finish, part(bytes(2_000))], 'STREAM_VIOLATION'],
    [
      'an object of an unknown format',
      'objects',
      [part(Payload.ofBytes(new Uint8Array(2_000).fill(7))), data(bytes(1))],
      'PAYLOAD_INVALID',
    ],
    ['an object beyond the limit', 'objects', [data(bytes(MAX_OBJECT_SIZE + 2))], 'PAYLOAD_TOO_LARGE'],
    ['parts beyond the limit', 'objects', [part(bytes(MAX_OBJECT_SIZE)), part(bytes(2_000))], 'PAYLOAD_TOO_LARGE'],
    [
      'too much credit',
      'bytes',
      [
        { type: 'credit', credit: MAX_STREAM_WINDOW, probe: 0 },
        { type: 'credit', credit: 1, probe: 0 },
      ],
      'STREAM_VIOLATION',
    ],
  ])('%s', (_, mode, packets, code) => {
    new Harness(mode).receive(...packets).expectReset(code);
  });

  it.each([
    ['null', '[null]'],
    ['nothing', '[]'],
    ['no JSON', '['],
    ['no arguments', '{}'],
    ['deep JSON', '['.repeat(100) + ']'.repeat(100)],
  ])('an object that cannot be read, when it is taken: %s', (_, text) => {
    const harness = new Harness('objects').receive(data(json('[1]')), data(json(text)), data(json('[3]')));
    expect([harness.take(), harness.take(), harness.take()]).toEqual([1, undefined, undefined]);
    harness.expectReset('PAYLOAD_INVALID');
  });

  it('and nothing that comes after has any effect', () => {
    const harness = new Harness('bytes').receive(finish, finish);
    harness.receive(
      data(bytes(1)),
      finish,
      { type: 'credit', credit: 5, probe: 0 },
      { type: 'reset', payload: json('[') },
    );
    harness.expectReset('STREAM_VIOLATION');
    expect(harness.take()).toBeUndefined();
  });
});

describe('CS-3 what a stream takes', () => {
  it('data of exactly the credit', () => {
    const harness = new Harness('bytes').receive(data(bytes(MIN_STREAM_WINDOW - STREAM_PACKET_COST)));
    expect(harness.failure).toBeUndefined();
    expect(harness.take()).toHaveLength(MIN_STREAM_WINDOW - STREAM_PACKET_COST);
  });

  it('as much credit as there may be at once, again after it was used', () => {
    const harness = new Harness('bytes').receive({ type: 'credit', credit: MAX_STREAM_WINDOW, probe: 0 });
    harness.end.write([new Uint8Array(1)], () => {});
    harness.receive({ type: 'credit', credit: 1 + STREAM_PACKET_COST, probe: 0 });
    expect(harness.failure).toBeUndefined();
  });

  it('the latest probe goes back with all that is sent', () => {
    const harness = new Harness('bytes').receive(
      { type: 'credit', credit: 2_000, probe: 3 },
      { type: 'credit', credit: 2_000, probe: 4 },
    );
    harness.end.write([new Uint8Array(1)], () => {});
    expect(harness.sent).toMatchObject([{ type: 'data', stream: 1, probe: 4 }]);
  });

  it('objects that nobody reads up to the window, also those that come in parts', () => {
    const harness = new Harness('objects');
    let sent = 0;
    let credit = MIN_STREAM_WINDOW;
    for (let object = 0; object < 100; object++) {
      for (const piece of [part(bytes(20_000)), part(bytes(20_000)), data(bytes(1))]) {
        const cost = (piece as { payload: Payload }).payload.size + STREAM_PACKET_COST;
        if (cost > credit) break;
        credit -= cost;
        sent += cost;
        harness.receive(piece);
        for (const packet of harness.sent.splice(0)) if (packet.type === 'credit') credit += packet.credit;
      }
    }
    expect(sent).toBeLessThan(MIN_STREAM_WINDOW + 2 * MAX_OBJECT_SIZE);
  });
});

describe('CS-4 the end of a stream', () => {
  it('comes when both have finished, and what came before can be taken', () => {
    const harness = new Harness('bytes').receive(data(bytes(3)), finish);
    harness.end.finish();
    expect(harness.told).toEqual(['over', 'closed']);
    expect(harness.end.atEnd).toBe(false);
    expect(harness.take()).toHaveLength(3);
    expect(harness.end.atEnd).toBe(true);
  });

  it('fails what is being written', () => {
    const harness = new Harness('bytes');
    const written: unknown[] = [];
    harness.end.write([new Uint8Array(5)], (error) => written.push(error?.code));
    harness.receive(finish, finish);
    expect(written).toEqual(['STREAM_VIOLATION']);
  });
});
