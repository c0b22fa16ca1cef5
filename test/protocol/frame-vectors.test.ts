import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FrameReader, readPacket } from '../../src/protocol/frame-reader.js';
import { FrameWriter } from '../../src/protocol/frame-writer.js';
import { isFromClient, type PacketOf, type PacketType } from '../../src/protocol/packet.js';
import { Payload } from '../../src/protocol/payload.js';
import frames from '../vectors/frames.json' with { type: 'json' };
import { type PlainPacket, TwinWriter, TYPES } from './frame-twin.js';
import { packetOf, plainPayload, readAll } from './plain-packets.js';

describe('golden vectors of frames', () => {
  /** Bytes stand in the vectors as `{"base64": …}`. */
  const withBytes = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(withBytes);
    if (typeof value !== 'object' || value === null) return value;
    if ('base64' in value) return Buffer.from(value.base64 as string, 'base64');
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withBytes(item)]));
  };

  const plainPackets = (list: readonly { type: string; args?: unknown[] }[]): PlainPacket[] =>
    list.map(({ type, args, ...fields }) => ({
      type: type as PacketType,
      ...fields,
      ...(args && { payload: plainPayload(Payload.encode(withBytes(args) as unknown[])) }),
    }));

  /** The spaces between fields are for who reads them. */
  const bytesOf = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

  it.each(frames)('$name ($direction)', ({ lane, direction, packets: list, hex }) => {
    const packets = plainPackets(list);
    const writer = new FrameWriter(lane);
    for (const packet of packets) writer.add(packetOf(packet));
    expect(Buffer.from(writer.take()!).toString('hex')).toBe(bytesOf(hex).toString('hex'));
    expect(new TwinWriter().frame(lane, packets)).toEqual(bytesOf(hex));
    const accepts = ({ type }: { type: PacketType }) => direction === 'to client' || isFromClient(type);
    expect(readAll(new FrameReader(accepts), bytesOf(hex))).toEqual(packets);
    const args: unknown[] = [];
    new FrameReader().read(bytesOf(hex), {
      packet: (head, place) => args.push((readPacket(head, place) as Partial<PacketOf<'error'>>).payload?.args),
      invalid: (error) => expect.fail(error.message),
    });
    expect(args).toEqual(list.map((packet) => ('args' in packet ? withBytes(packet.args) : undefined)));
  });

  const protocol = readFileSync(new URL('../../PROTOCOL.md', import.meta.url), 'utf8');

  it('the example of PROTOCOL.md is one of them', () => {
    const [block = ''] = /^b2 [^`]*/m.exec(protocol) ?? [];
    const bytes = block.split('\n').flatMap((line) => line.split('  ')[0]?.split(' ') ?? []);
    const { hex } = frames.find(({ name }) => name === 'the example of PROTOCOL.md')!;
    expect(bytes.join('')).toBe(hex.replaceAll(' ', ''));
  });

  it('the codes of the types in PROTOCOL.md are those of the table', () => {
    const [list = ''] = /^\*\*Codes\*\* .*$/m.exec(protocol) ?? [];
    const codes = [...list.matchAll(/(\d+) `([a-z-]+)`/g)].map(([, code, type]) => [Number(code), type]);
    expect(codes).toEqual(TYPES.map((type, code) => [code, type]));
  });
});
