import { expect, it } from 'vitest';
import { MIN_STREAM_WINDOW } from '../../src/protocol/limits.js';
import type { StreamMode } from '../../src/protocol/packet.js';
import { Model } from './stream-model.js';

/** What ends a stream in this mode, whoever sends it. */
const FATAL: readonly (readonly [mode: StreamMode, what: string])[] = [
  ['bytes', 'the most credit, repeated'],
  ['bytes', 'data beyond credit'],
  ['objects', 'data beyond credit'],
  ['bytes', 'empty bytes'],
  ['bytes', 'text for bytes'],
  ['objects', 'no JSON'],
  ['objects', 'no arguments'],
  ['objects', 'null'],
  ['objects', 'deep JSON'],
  ['bytes', 'a part'],
  ['objects', 'a part of text'],
  ['objects', 'an empty part'],
  ['objects', 'parts with a wrong format'],
  ['objects', 'a finish within an object'],
  ['bytes', 'two ends'],
  ['bytes', 'data after the end'],
];

it.each(FATAL)('threats: in mode %s, %s resets that stream at both ends, and no other', async (mode, what) => {
  const model = new Model();
  const windows = [MIN_STREAM_WINDOW, MIN_STREAM_WINDOW] as const;
  for (let stream = 0; stream < 2; stream++) await model.run({ do: 'open', from: 1, to: 0, mode, windows });
  for (let hop = 0; hop < 4; hop++) await model.run({ do: 'deliverAll' });
  await model.run({ do: 'write', which: 3, size: 200_000, kind: 1 });
  await model.run({ do: 'hostile', which: 0, what, count: 12 });
  await model.checkItArrives();
  const [hostile, victim, ...others] = model.sides;
  expect([hostile?.failure?.code, victim?.failure?.code]).toEqual([
    expect.stringMatching(/STREAM_VIOLATION|PAYLOAD_INVALID/),
    expect.stringMatching(/STREAM_VIOLATION|PAYLOAD_INVALID/),
  ]);
  expect(others.map(({ failure }) => failure)).toEqual([undefined, undefined]);
  await model.checkNothingIsLeft();
});

it('threats: the server passes on one end only, whatever the receiver would say to a second', async () => {
  const model = new Model();
  await model.run({ do: 'open', from: 1, to: 0, mode: 'bytes', windows: [MIN_STREAM_WINDOW, MIN_STREAM_WINDOW] });
  for (let hop = 0; hop < 4; hop++) await model.run({ do: 'deliverAll' });
  await model.run({ do: 'hostile', which: 0, what: 'two ends', count: 1 });
  await model.run({ do: 'deliverUp', client: 1, count: 2 });
  expect(model.world.clients[0]?.queued.map(({ packet }) => packet.type)).toEqual(['finish', 'reset']);
});
