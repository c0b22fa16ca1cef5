import type { Envelope } from '../../src/protocol/envelope.js';
import { MAX_STREAM_CHUNK, MAX_STREAM_WINDOW } from '../../src/protocol/limits.js';
import { PAYLOAD_FORMATS } from '../../src/protocol/payload-codec.js';

const { json, bytes, mixed } = PAYLOAD_FORMATS;
const chunk = new Uint8Array(MAX_STREAM_CHUNK);
const piece = new Uint8Array(2_000);

/** A number that no stream has. */
const NOBODY = 987_654_321;

/** What a raw socket may send for a stream of its own: each ends that stream at most. */
export const HOSTILE: Record<string, (id: number, count: number) => Envelope[]> = {
  'credit unasked for': (id, count) => repeat(count, [null, ['credit', id, 1_000 * count, 0]]),
  'the most credit, repeated': (id, count) => repeat(count, [null, ['credit', id, MAX_STREAM_WINDOW, 0]]),
  'credit of nothing': (id) => [[null, ['credit', id, 0, 99]]],
  'data beyond credit': (id, count) => repeat(3 * count, [chunk, ['data', id, 0, bytes]]),
  'a little data of its own': (id) => [[piece, ['data', id, 5, bytes]]],
  'a probe that was not asked for': (id) => [[piece, ['data', id, 2 ** 48 - 1, bytes]]],
  'empty bytes': (id) => [[new Uint8Array(), ['data', id, 0, bytes]]],
  'text for bytes': (id) => [['["x"]', ['data', id, 0, json]]],
  'no JSON': (id) => [['[', ['data', id, 0, json]]],
  'no arguments': (id) => [['[]', ['data', id, 0, json]]],
  null: (id) => [['[null]', ['data', id, 0, json]]],
  'deep JSON': (id) => [['['.repeat(500) + ']'.repeat(500), ['data', id, 0, json]]],
  'a mixed payload of zeros': (id) => [[piece, ['data', id, 0, mixed]]],
  'a part': (id, count) => repeat(count, [piece, ['part', id, 0, bytes]]),
  'a part of text': (id) => [['["x"]', ['part', id, 0, json]]],
  'an empty part': (id) => [[new Uint8Array(), ['part', id, 0, bytes]]],
  'parts of an object beyond the limit': (id) => repeat(200, [piece, ['part', id, 0, bytes]]),
  'parts with a wrong format': (id) => [
    [Uint8Array.of(9, 9), ['part', id, 0, bytes]],
    [piece, ['data', id, 0, bytes]],
  ],
  'a finish within an object': (id) => [
    [piece, ['part', id, 0, bytes]],
    [null, ['finish', id]],
  ],
  'two ends': (id) => repeat(2, [null, ['finish', id]]),
  'data after the end': (id) => [
    [null, ['finish', id]],
    [piece, ['data', id, 0, bytes]],
  ],
  'a reset without an error': (id) => [['[', ['reset', id, json]]],
  'a reset that says nonsense': (id) => [['[{"code":5}]', ['reset', id, json]]],
  'a number in use, given again': (id) => [[null, ['opened', 'hub', 1, 1, id, 1_000]]],
};

/** What has no effect on any stream; `peer` is a client that is there. */
export const HARMLESS: Record<string, (id: number, peer: string) => Envelope[]> = {
  'negative credit': (id) => [[null, ['credit', id, -1, 0]]],
  'credit beyond the limit': (id) => [[null, ['credit', id, MAX_STREAM_WINDOW + 1, 0]]],
  'credit that is no number': (id) => [
    [null, ['credit', id, '5', 0]],
    [null, ['credit', id, 0.5, 0]],
    [null, ['credit', id, null, 0]],
  ],
  'a negative probe': (id) => [[chunk, ['data', id, -1, bytes]]],
  'fields too few or too many': (id) => [
    [chunk, ['data', id, bytes]],
    [null, ['finish', id, 1]],
    [null, ['finish']],
  ],
  'a payload that is none': (id) => [
    [null, ['data', id, 0, bytes]],
    ['text', ['data', id, 0, bytes]],
    [chunk, ['data', id, 0, json]],
    [chunk, ['part', id, 0, 3]],
  ],
  'a stream that nobody has': () => [
    [piece, ['data', NOBODY, 0, bytes]],
    [piece, ['part', NOBODY, 0, bytes]],
    [null, ['credit', NOBODY, 5, 0]],
    [null, ['finish', NOBODY]],
    ['[]', ['reset', NOBODY, json]],
  ],
  'an open with a number in use': (id, peer) => [[`[${-1}]`, ['open', peer, 0, id, 1_000, 'bytes', 5, json]]],
  'the same open twice': (_, peer) => repeat(2, ['[-1]', ['open', peer, 0, NOBODY, 1_000, 'bytes', 5, json]]),
  'an answer that nobody asked for': (_, peer) => [[null, ['opened', peer, 1, NOBODY, NOBODY, 1_000]]],
};

function repeat(times: number, envelope: Envelope): Envelope[] {
  return Array.from({ length: times }, () => envelope);
}
