import { describe, expect, it } from 'vitest';
import type { Link, LinkReceiver } from '../../src/peer/link.js';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import type { ClientPacket, Packet } from '../../src/protocol/packet.js';
import { Payload } from '../../src/protocol/payload.js';
import { thrownBy } from './relay.js';

/** A link under test, and its other end. */
export interface LinkUnderTest {
  /** Not opened yet. */
  readonly link: Link;
  /** Lets the link come up. */
  connect(): void;
  /** The other end sends something. */
  send(packet: Packet): void;
  /** What has arrived at the other end, as it arrives. */
  readonly arrived: ClientPacket[];
  /** Ends the link from outside. */
  lose(): void;
}

class Recorder implements LinkReceiver {
  readonly events: string[] = [];
  readonly packets: Packet[] = [];
  lastError: P2PError | undefined;

  linkUp(): void {
    this.events.push('up');
  }

  linkDown(error: P2PError): void {
    this.events.push('down');
    this.lastError = error;
  }

  receive(packet: Packet): void {
    this.packets.push(packet);
  }
}

/** Bytes as text: they may come as a Buffer or as a plain Uint8Array. */
function plain(value: unknown): unknown {
  return value instanceof Uint8Array ? Buffer.from(value).toString() : value;
}

/** What every Link promises to the engine on top of it. */
export function describeLink(name: string, create: () => Promise<LinkUnderTest>): void {
  const message = (n: number, extra: readonly unknown[] = []): Packet => ({
    type: 'message',
    peer: 'peer',
    event: 'n',
    payload: Payload.encode([n, ...extra]),
  });
  const argsOf = (packets: readonly Packet[]) =>
    packets.filter((packet) => packet.type === 'message').map(({ payload }) => payload.args.map(plain));

  async function up() {
    const test = await create();
    const recorder = new Recorder();
    test.link.open(recorder);
    test.connect();
    await expect.poll(() => test.link.state).toBe('up');
    return { ...test, recorder };
  }

  describe(`Link: ${name}`, () => {
    it('comes up once and says so', async () => {
      const { recorder, link } = await up();
      expect(recorder.events).toEqual(['up']);
      expect(link.problem).toBeUndefined();
    });

    it('carries packets whole and in order, both ways', async () => {
      const { link, send, arrived, recorder } = await up();
      const extra = [{ text: 'ä', list: [null] }, Buffer.from('bytes')];
      for (let n = 0; n < 50; n++) {
        link.send(message(n, extra));
        send(message(n, extra));
      }
      const expected = Array.from({ length: 50 }, (_, n) => [n, ...extra.map(plain)]);
      await expect.poll(() => argsOf(arrived)).toEqual(expected);
      await expect.poll(() => argsOf(recorder.packets)).toEqual(expected);
    });

    it('says once that it is lost, and why; then it takes and delivers nothing', async () => {
      const { link, lose, send, recorder } = await up();
      lose();
      await expect.poll(() => recorder.events).toEqual(['up', 'down']);
      expect(link.state).not.toBe('up');
      expect(recorder.lastError?.code).toBe('LINK_DOWN');
      expect(link.problem?.code).toBe('LINK_DOWN');
      expect(thrownBy(() => link.send(message(1)))).toBe('LINK_DOWN');
      send(message(2));
      expect(recorder.packets).toEqual([]);
    });
  });
}
