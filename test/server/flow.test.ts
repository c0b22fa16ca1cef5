import { describe, expect, it } from 'vitest';
import { MAX_SESSION_INFLOW, MAX_STREAM_WINDOW, MIN_STREAM_INFLOW } from '../../src/protocol/limits.js';
import { Flow, Inflow } from '../../src/server/flow.js';
import { thrownBy } from '../support/relay.js';

/** Below this a portion waits until there is more, or the rest: half of what every stream may have. */
const LEAST_PORTION = MIN_STREAM_INFLOW / 2;

/** A session's inflow that fails a test instead of going round for ever. */
class GuardedInflow extends Inflow {
  #waits = 0;

  override wait(flow: Flow): void {
    if (++this.#waits > 100_000) throw new Error('It goes round for ever');
    super.wait(flow);
  }
}

/** A flow with the sender at its other end: what it was told, and what it has sent. */
class Stream {
  readonly flow: Flow;
  readonly passed: number[] = [];
  readonly probes: number[] = [];
  credit = 0;
  readonly #queue: { readonly cost: number; readonly flushed: () => void }[] = [];
  sent = 0;

  constructor(inflow: Inflow) {
    this.flow = new Flow(inflow, (credit, probe) => {
      this.passed.push(credit);
      this.credit += credit;
      this.probes.push(probe);
    });
  }

  grant(credit: number, probe = 0): this {
    this.flow.grant(credit, probe);
    return this;
  }

  /** Sends as much as it was told it may. */
  send(cost = this.credit): void {
    this.#queue.push({ cost, flushed: this.flow.use(cost) });
    this.sent += cost;
    this.credit -= cost;
  }

  /** The oldest packet is written out. */
  flush(): number {
    const next = this.#queue.shift();
    next?.flushed();
    return next?.cost ?? 0;
  }
}

/** So much of the session's room is taken by another stream, whose sender is idle. */
function idleStream(inflow: Inflow, credit: number): Stream {
  return new Stream(inflow).grant(credit);
}

describe('credit on its way through the server', () => {
  it('CS-3 credit is passed on as it was granted while there is room', () => {
    const inflow = new GuardedInflow();
    const stream = new Stream(inflow).grant(131_072, 0).grant(1, 7);
    expect([stream.passed, stream.probes, inflow.load]).toEqual([[131_072, 1], [0, 7], 131_073]);
  });

  it('CS-3 no credit is passed on where none was granted', () => {
    const inflow = new GuardedInflow();
    expect([new Stream(inflow).grant(0).passed, inflow.load]).toEqual([[], 0]);
  });

  it.each([
    ['exactly the window', MAX_STREAM_WINDOW, 'no error'],
    ['one byte more', MAX_STREAM_WINDOW + 1, 'STREAM_VIOLATION'],
  ])('threats: beyond credit: a stream is granted %s', (_, credit, code) => {
    const stream = new Stream(new GuardedInflow());
    expect(thrownBy(() => stream.grant(credit))).toBe(code);
  });

  it('threats: beyond credit: what is held back counts as granted', () => {
    const inflow = new GuardedInflow();
    idleStream(inflow, MAX_SESSION_INFLOW);
    const stream = new Stream(inflow).grant(MAX_STREAM_WINDOW);
    expect(stream.credit).toBe(MIN_STREAM_INFLOW);
    expect(thrownBy(() => stream.grant(1))).toBe('STREAM_VIOLATION');
  });

  it('threats: beyond credit: what was used may be granted again', () => {
    const stream = new Stream(new GuardedInflow()).grant(MAX_STREAM_WINDOW);
    stream.send(1_000);
    expect(thrownBy(() => stream.grant(1_001))).toBe('STREAM_VIOLATION');
    expect(thrownBy(() => stream.grant(1_000))).toBe('no error');
  });

  it.each([
    ['all of its credit', 1_000, 'no error'],
    ['one byte more', 1_001, 'STREAM_VIOLATION'],
  ])('threats: beyond credit: a sender uses %s', (_, cost, code) => {
    const { flow } = new Stream(new GuardedInflow()).grant(1_000);
    expect(thrownBy(() => flow.use(cost))).toBe(code);
  });

  it('threats: beyond credit: data that was refused has used nothing', () => {
    const inflow = new GuardedInflow();
    const stream = new Stream(inflow).grant(1_000);
    expect(thrownBy(() => stream.flow.use(1_001))).toBe('STREAM_VIOLATION');
    stream.send(1_000);
    stream.flush();
    expect(inflow.load).toBe(0);
  });

  it('threats: beyond credit: credit that is held back cannot be used', () => {
    const inflow = new GuardedInflow();
    idleStream(inflow, MAX_SESSION_INFLOW);
    const { flow } = new Stream(inflow).grant(131_072);
    expect(thrownBy(() => flow.use(MIN_STREAM_INFLOW + 1))).toBe('STREAM_VIOLATION');
    expect(thrownBy(() => flow.use(MIN_STREAM_INFLOW))).toBe('no error');
  });
});

describe('threats: slow consumer (streams): the room of one session', () => {
  it('is taken up by a stream to the last byte, and no further', () => {
    const inflow = new GuardedInflow();
    idleStream(inflow, MAX_SESSION_INFLOW - 100_000);
    const stream = new Stream(inflow).grant(100_001);
    expect([stream.credit, inflow.load]).toEqual([100_000, MAX_SESSION_INFLOW]);
  });

  it('counts what is queued until it is written out', () => {
    const inflow = new GuardedInflow();
    const stream = new Stream(inflow).grant(100_000);
    stream.send(60_000);
    expect(inflow.load).toBe(100_000);
    stream.flush();
    expect(inflow.load).toBe(40_000);
  });

  it('leaves each stream its 16 KiB, granted or queued, and no more', () => {
    const inflow = new GuardedInflow();
    idleStream(inflow, MAX_SESSION_INFLOW);
    const stream = new Stream(inflow).grant(131_072);
    expect(stream.credit).toBe(MIN_STREAM_INFLOW);
    stream.send();
    expect([stream.credit, inflow.load]).toEqual([0, MAX_SESSION_INFLOW + MIN_STREAM_INFLOW]);
    stream.flush();
    expect([stream.credit, inflow.load]).toEqual([MIN_STREAM_INFLOW, MAX_SESSION_INFLOW + MIN_STREAM_INFLOW]);
  });

  it('gives a stream 8 KiB at once, or the rest: no crumbs', () => {
    const inflow = new GuardedInflow();
    idleStream(inflow, MAX_SESSION_INFLOW);
    const stream = new Stream(inflow).grant(MIN_STREAM_INFLOW + 20_000);
    stream.send(LEAST_PORTION - 1);
    stream.send(1);
    stream.flush();
    expect(stream.credit).toBe(MIN_STREAM_INFLOW - LEAST_PORTION);
    stream.flush();
    expect(stream.credit).toBe(MIN_STREAM_INFLOW);
    stream.send();
    stream.flush();
    // All that was granted has been passed on: the rest is let through however small it is.
    expect(stream.credit).toBe(20_000 - LEAST_PORTION);
  });

  it.each([1, 100, LEAST_PORTION - 1, LEAST_PORTION])(
    'goes on with %i bytes of room while two streams wait',
    (room) => {
      const inflow = new GuardedInflow();
      const first = new Stream(inflow).grant(MAX_STREAM_WINDOW);
      const waiting = [new Stream(inflow).grant(131_072), new Stream(inflow).grant(131_072)];
      first.send(2 * MIN_STREAM_INFLOW);
      first.send(room);
      first.flush();
      first.flush();
      const more = waiting.map(({ credit }) => credit - MIN_STREAM_INFLOW);
      expect(more).toEqual([room >= LEAST_PORTION ? room : 0, 0]);
    },
  );

  it('lets those who wait through in turn as room comes back', () => {
    const inflow = new GuardedInflow();
    const first = new Stream(inflow).grant(MAX_STREAM_WINDOW);
    const waiting = Array.from({ length: 3 }, () => new Stream(inflow).grant(131_072));
    first.send(3 * MIN_STREAM_INFLOW);
    first.flush();
    const served: number[] = [];
    for (let turn = 0; turn < 6; turn++) {
      const before = waiting.map(({ credit }) => credit);
      first.send(10_000);
      first.flush();
      served.push(waiting.findIndex(({ credit }, index) => credit > (before[index] ?? 0)));
    }
    expect(served).toEqual([0, 1, 2, 0, 1, 2]);
  });

  it('is shared fairly by 100 streams that always have something to send', () => {
    const inflow = new GuardedInflow();
    const streams = Array.from({ length: 100 }, () => new Stream(inflow).grant(1_048_576));
    const line: Stream[] = [];
    const sendAll = (stream: Stream) => {
      while (stream.credit > 0) {
        stream.send(Math.min(65_256, stream.credit));
        line.push(stream);
      }
    };
    streams.forEach(sendAll);
    // One connection writes all of it out in the order in which it came, and the receiver gives back what it gets.
    const written = new Map(streams.map((stream) => [stream, 0]));
    for (let packet = 0; packet < 20_000; packet++) {
      const stream = line.shift();
      if (!stream) break;
      const cost = stream.flush();
      if (packet > 2_000) written.set(stream, (written.get(stream) ?? 0) + cost);
      stream.grant(cost);
      streams.forEach(sendAll);
      expect(inflow.load).toBeLessThanOrEqual(MAX_SESSION_INFLOW + 100 * MIN_STREAM_INFLOW);
    }
    const shares = [...written.values()];
    const mean = shares.reduce((sum, bytes) => sum + bytes, 0) / shares.length;
    expect(Math.min(...shares) / mean).toBeGreaterThan(0.7);
  });

  it('starves none of 100 streams beside one that fills it and never sends', () => {
    const inflow = new GuardedInflow();
    idleStream(inflow, MAX_SESSION_INFLOW);
    const streams = Array.from({ length: 100 }, () => new Stream(inflow).grant(131_072));
    for (let round = 0; round < 8; round++) {
      for (const stream of streams) stream.send();
      for (const stream of streams) stream.flush();
    }
    expect(streams.map(({ sent }) => sent)).toEqual(streams.map(() => 131_072));
  });

  it.each([1, 255, 256, 1_279, 1_280])('lets everything through in the end with packets of %i bytes', (size) => {
    const inflow = new GuardedInflow();
    idleStream(inflow, MAX_SESSION_INFLOW - 1);
    const streams = Array.from({ length: 3 }, () => new Stream(inflow).grant(40_000));
    const left = () => streams.filter(({ credit }) => credit > 0);
    for (let open = left(); open.length > 0; open = left()) {
      for (const stream of open) stream.send(Math.min(size, stream.credit));
      for (const stream of open) stream.flush();
    }
    expect(streams.map(({ sent }) => sent)).toEqual([40_000, 40_000, 40_000]);
  });
});

describe('CS-4 a flow that is closed', () => {
  it('gives its unused credit back, to those who wait', () => {
    const inflow = new GuardedInflow();
    const first = new Stream(inflow).grant(MAX_STREAM_WINDOW);
    const waiting = new Stream(inflow).grant(131_072);
    first.flow.close();
    expect([waiting.credit, inflow.load]).toEqual([131_072, 131_072]);
  });

  it('counts what is queued until it is written out', () => {
    const inflow = new GuardedInflow();
    const stream = new Stream(inflow).grant(100_000);
    stream.send(60_000);
    stream.flow.close();
    expect(inflow.load).toBe(60_000);
    stream.flush();
    expect(inflow.load).toBe(0);
  });

  it('is closed once, however often that is asked for', () => {
    const inflow = new GuardedInflow();
    const stream = new Stream(inflow).grant(100_000);
    stream.flow.close();
    stream.flow.close();
    expect(inflow.load).toBe(0);
  });

  it('takes no data and passes on no credit', () => {
    const inflow = new GuardedInflow();
    const stream = new Stream(inflow).grant(1_000);
    stream.flow.close();
    expect(thrownBy(() => stream.flow.use(1))).toBe('STREAM_VIOLATION');
    stream.grant(1_000);
    expect([stream.passed, inflow.load]).toEqual([[1_000], 0]);
  });

  it('waits no more: not its own queue nor anyone else brings it credit', () => {
    const inflow = new GuardedInflow();
    const first = new Stream(inflow).grant(MAX_STREAM_WINDOW);
    const waiting = new Stream(inflow).grant(131_072);
    waiting.send();
    waiting.flow.close();
    waiting.flush();
    first.flow.close();
    expect([waiting.passed, inflow.load]).toEqual([[MIN_STREAM_INFLOW], 0]);
  });
});
