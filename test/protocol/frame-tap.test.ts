import { createRequire } from 'node:module';
import fc from 'fast-check';
import * as client from 'socket.io-client';
import { describe, expect, it } from 'vitest';
import { laneOf } from '../../src/protocol/frame.js';
import { canTap, type PacketDecoder, tapFrames } from '../../src/protocol/frame-tap.js';
import { frame } from './frame-twin.js';

/** socket.io-parser, which comes with Socket.IO: what is used of it here. */
interface Parser {
  readonly Encoder: new () => { encode(packet: object): (string | Buffer)[] };
  readonly Decoder: new () => PacketDecoder & {
    on(event: 'decoded', listener: (packet: { data: unknown }) => void): void;
    destroy(): void;
  };
}

type Decoder = InstanceType<Parser['Decoder']>;

const requireHere = createRequire(import.meta.url);
const parser = createRequire(requireHere.resolve('socket.io'))('socket.io-parser') as Parser;

/** The kind of decoder that a build of socket.io-client has. */
function decoderOf(build: unknown): Parser['Decoder'] {
  const { Manager } = build as { Manager: new (options: object) => { decoder: Decoder } };
  return new Manager({ autoConnect: false }).decoder.constructor as Parser['Decoder'];
}

function builtForBrowsers(file: string): unknown {
  return requireHere(requireHere.resolve('socket.io-client/package.json').replace('package.json', `dist/${file}`));
}

/** An event of Socket.IO as it travels: a text, and its attachments. */
function encoded(...data: unknown[]): (string | Buffer)[] {
  return new parser.Encoder().encode({ type: 2, nsp: '/', data });
}

const FRAME = frame(7, Buffer.from('records'));

describe.each([
  ['the server', parser.Decoder],
  ['the client', decoderOf(client)],
  ['browsers', decoderOf(builtForBrowsers('socket.io.js'))],
  ['browsers, minified', decoderOf(builtForBrowsers('socket.io.min.js'))],
])('frames in the stream of a connection, with the decoder of %s', (_, Decoder) => {
  /** What comes out of it, in order: events by their arguments, frames by their lane. */
  const tapped = (take: (lane: number) => boolean = () => true) => {
    const found: unknown[] = [];
    const decoder = new Decoder();
    decoder.on('decoded', ({ data }) => found.push(data));
    tapFrames(decoder, {
      frame: (lane, bytes) => {
        if (take(lane)) found.push([lane, Buffer.from(bytes).toString('hex')]);
        return take(lane);
      },
    });
    return { decoder, found };
  };
  const taken = [7, FRAME.toString('hex')];

  it('it can be tapped', () => {
    expect(canTap(new Decoder())).toBe(true);
  });

  it('frames are taken out, texts pass, in their order', () => {
    const { decoder, found } = tapped();
    for (const data of [FRAME, ...encoded('a'), ...encoded('b', 1), FRAME, FRAME]) decoder.add(data);
    expect(found).toEqual([taken, ['a'], ['b', 1], taken, taken]);
  });

  it('attachments that look like frames are the parser’s while it waits for them, and not after', () => {
    const { decoder, found } = tapped();
    const event = encoded('file', FRAME, { more: FRAME });
    expect(event).toHaveLength(3);
    for (const data of [FRAME, ...event, FRAME, ...encoded('a', FRAME), ...encoded('b')]) decoder.add(data);
    expect(found).toEqual([taken, ['file', FRAME, { more: FRAME }], taken, ['a', FRAME], ['b']]);
  });

  it('in whatever order they come', () => {
    const frames = fc.uint8Array({ maxLength: 5 }).map((body) => ({ frame: frame(1, body) }));
    const attachment = fc.oneof(
      fc.uint8Array({ maxLength: 5 }).map((body) => frame(1, body)),
      fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
    );
    const events = fc.array(fc.oneof(attachment, fc.string(), fc.nat()), { maxLength: 4 });
    const traffic = fc.array(
      fc.oneof(
        frames,
        events.map((args) => ({ event: ['e', ...args] })),
      ),
    );
    fc.assert(
      fc.property(traffic, (traffic) => {
        const { decoder, found } = tapped();
        for (const item of traffic) {
          for (const data of 'frame' in item ? [item.frame] : encoded(...item.event)) decoder.add(data);
        }
        expect(found).toEqual(traffic.map((it) => ('frame' in it ? [1, it.frame.toString('hex')] : it.event)));
      }),
    );
  });

  it('a frame may come as ArrayBuffer, as plain bytes, and inside larger memory', () => {
    const { decoder, found } = tapped();
    const plain = new Uint8Array(FRAME);
    decoder.add(plain);
    decoder.add(plain.buffer);
    decoder.add(Buffer.concat([Buffer.from('before'), FRAME, Buffer.from('after')]).subarray(6, -5));
    expect(found).toEqual([taken, taken, taken]);
  });

  it('what nobody takes, or is no frame, is the parser’s own matter', () => {
    const { decoder, found } = tapped((lane) => lane === 7);
    const others = [
      frame(8),
      FRAME.subarray(0, 2),
      Buffer.alloc(0),
      Buffer.concat([Buffer.of(0xb1), FRAME.subarray(1)]),
    ];
    for (const other of others) expect(() => decoder.add(other)).toThrow('got binary data when not reconstructing');
    for (const other of [null, undefined, 5, {}]) expect(() => decoder.add(other)).toThrow();
    expect(() => decoder.add('9')).toThrow('unknown packet type');
    decoder.add(FRAME);
    expect(found).toEqual([taken]);
  });

  it('all of it can be held, and added later', () => {
    const held: unknown[] = [];
    let holds = true;
    const found: unknown[] = [];
    const decoder = new Decoder();
    decoder.on('decoded', ({ data }) => found.push(data));
    tapFrames(decoder, { frame: () => found.push('frame') > 0, hold: (data) => holds && held.push(data) > 0 });
    const sent = [FRAME, ...encoded('file', FRAME), ...encoded('a'), FRAME];
    for (const data of sent) decoder.add(data);
    expect([found, held]).toEqual([[], sent]);
    holds = false;
    for (const data of held) decoder.add(data);
    expect(found).toEqual(['frame', ['file', FRAME], ['a'], 'frame']);
  });

  it('texts can be taken too, but none while attachments are missing', () => {
    const found: unknown[] = [];
    const decoder = new Decoder();
    decoder.on('decoded', ({ data }) => found.push(data));
    const text = (each: string) => {
      if (each.includes('mine')) found.push(each);
      return each.includes('mine');
    };
    tapFrames(decoder, { frame: () => found.push('frame') > 0, text });
    const [mine] = encoded('mine') as [string];
    for (const data of [mine, ...encoded('a'), FRAME, mine, ...encoded('file', FRAME), mine]) decoder.add(data);
    expect(found).toEqual([mine, ['a'], 'frame', mine, ['file', FRAME], mine]);
    decoder.add(encoded('file', FRAME)[0]);
    expect(() => decoder.add(mine)).toThrow('got plaintext data when reconstructing');
    expect(found).toHaveLength(6);
  });

  it('a text while attachments are missing fails as ever, and after an end of that frames are taken again', () => {
    const { decoder, found } = tapped();
    decoder.add(encoded('file', FRAME)[0]);
    expect(() => decoder.add(encoded('a')[0])).toThrow('got plaintext data when reconstructing');
    decoder.destroy();
    decoder.add(FRAME);
    expect(found).toEqual([taken]);
  });
});

describe('which decoders can be tapped', () => {
  it('none that does not say when it waits for attachments', () => {
    class Silent {
      add(): void {}
    }
    class Hidden {
      #waiting = false;
      add(): void {
        this.#waiting = !this.#waiting;
      }
    }
    class Always {
      readonly reconstructor = {};
      add(): void {}
    }
    const Msgpack = decoderOf(builtForBrowsers('socket.io.msgpack.min.js'));
    for (const Decoder of [Silent, Hidden, Always, Msgpack]) {
      expect([canTap(new Decoder()), canTap(new Decoder())]).toEqual([false, false]);
    }
  });

  it('nothing that is no decoder', () => {
    const others = [null, undefined, {}, Object.create(null), { constructor: undefined }, { constructor: 'text' }];
    for (const other of [...others, 'text', 5, true, [], () => {}, Symbol('decoder')])
      expect(canTap(other)).toBe(false);
  });

  it('none whose kind cannot be made without arguments', () => {
    class Picky {
      readonly reconstructor: unknown;
      constructor(options?: { reviver: unknown }) {
        if (!options) throw new Error('no options');
        this.reconstructor = options.reviver;
      }
      add(): void {}
    }
    expect(canTap(new Picky({ reviver: null }))).toBe(false);
  });

  it('each kind is tried out once, on one of its own: the decoder that is asked about hears nothing', () => {
    let made = 0;
    class Counted extends parser.Decoder {
      readonly heard: unknown[] = [];
      constructor() {
        super();
        made++;
      }
      override add(data: unknown): void {
        this.heard.push(data);
        super.add(data);
      }
    }
    const decoders = [new Counted(), new Counted()];
    expect(decoders.map(canTap)).toEqual([true, true]);
    expect(made).toBe(3);
    expect(decoders.map(({ heard, reconstructor }) => [heard, Boolean(reconstructor)])).toEqual([
      [[], false],
      [[], false],
    ]);
  });
});

describe('the lane of a frame', () => {
  it('is known by its mark and its length', () => {
    expect(laneOf(frame(0))).toBe(0);
    expect(laneOf(frame(65_535))).toBe(65_535);
    expect(laneOf(frame(258, Buffer.of(1)))).toBe(258);
    for (const other of [frame(1).subarray(0, 2), Buffer.alloc(0), Buffer.of(0xb3, 1, 0), Buffer.of(0, 0xb2, 1, 0)]) {
      expect(laneOf(other)).toBeUndefined();
    }
  });
});
