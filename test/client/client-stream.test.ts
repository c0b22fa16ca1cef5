import { Duplex, Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { describe, expect, it } from 'vitest';
import { startRelay } from '../support/relay.js';

describe('streams between clients', () => {
  it('CS-1 a stream is opened, accepted and carries bytes both ways', async () => {
    const relay = await startRelay();
    const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    bob.onAddP2pStream((duplex, incoming) => {
      expect(incoming).toEqual({ from: 'alice', metadata: { name: 'x' }, objectMode: false });
      duplex.pipe(duplex);
    });
    const duplex = await alice.addP2pStream('bob', { metadata: { name: 'x' } });
    expect(duplex).toBeInstanceOf(Duplex);
    duplex.write('hello ');
    duplex.end(new Uint8Array([119, 111]));
    expect(await text(duplex)).toBe('hello wo');
  });

  it('carries many megabytes', async () => {
    const relay = await startRelay();
    const [alice, bob] = [await relay.connect('alice'), await relay.connect('bob')];
    const received = new Promise<Buffer>((resolve) =>
      bob.onAddP2pStream((duplex) => {
        duplex.end();
        resolve(buffer(duplex));
      }),
    );
    const duplex = await alice.addP2pStream('bob');
    const chunk = Buffer.alloc(65536, 7);
    const t = performance.now();
    await pipeline(
      Readable.from(
        (function* () {
          for (let i = 0; i < 1600; i++) yield chunk;
        })(),
      ),
      duplex,
    );
    const all = await received;
    console.log('MB/s', 100 / ((performance.now() - t) / 1000));
    expect(all.length).toBe(1600 * 65536);
  });
});
