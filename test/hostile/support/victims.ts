import type { Socket } from 'socket.io-client';
import { expect } from 'vitest';
import { plainSettled, settled, type TestClient } from '../../support/relay.js';
import type { RelayProcess } from './relay-process.js';

/** Who is attacked: a client with the plugin, one without, and one who uses both. */
export interface Victims {
  readonly alice: TestClient;
  readonly ben: Socket;
  readonly carol: TestClient;
  /** All that reached the first two from others, as `[who, event, ...]`. */
  readonly heard: unknown[][];
  /** The headers of all packets that came to alice. */
  readonly packets: unknown[][];
  /** What was sent before has arrived; everybody is connected, and never was not, and answers. */
  fine(): Promise<void>;
}

export async function connectVictims(relay: RelayProcess): Promise<Victims> {
  const alice = await relay.connect('alice', {}, { isService: true });
  const ben = await relay.connectPlain('ben');
  const carol = await relay.connect('carol');
  const heard: unknown[][] = [];
  const packets: unknown[][] = [];
  const losses: unknown[] = [];
  for (const victim of [alice, ben, carol] as Socket[]) {
    victim.on('disconnect', (reason) => losses.push(reason));
    victim.io.engine.on('close', (reason) => losses.push(reason));
  }
  alice.on('P2P', (_data: unknown, header: unknown[]) => packets.push(header));
  alice.onMessage(({ from, event, args, ack }) => {
    if (event === 'are you fine') ack?.('yes');
    else heard.push(['alice', event, from, ...args]);
  });
  alice.onAny((event: string) => event !== 'P2P' && heard.push(['alice', event]));
  ben.onAny((event, ...args) => {
    if (event === 'are you fine') args.at(-1)('yes');
    else if (!isTold(event, args)) heard.push(['ben', event, ...args]);
  });
  alice.provideService('are you fine', () => 'yes');
  const fine = async () => {
    await settled(alice, carol);
    await plainSettled(ben);
    const answers = [
      await carol.emitToWithAck('alice', 'are you fine'),
      await carol.emitToWithAck('ben', 'are you fine'),
      await carol.callService('alice', 'are you fine'),
      await carol.callService('clock', 'echo', 'yes'),
    ];
    expect(answers).toEqual(['yes', 'yes', 'yes', ['yes']]);
    expect(losses).toEqual([]);
    expect(await relay.faults()).toEqual([]);
  };
  return { alice, ben, carol, heard, packets, fine };
}

/** The two who are attacked enter the same room. */
export async function enterLobby({ alice, ben }: Victims): Promise<void> {
  await alice.joinRoom('lobby');
  await ben.emitWithAck('JOIN_ROOM', { room: 'lobby' });
}

/** The server may tell a client without the plugin what went wrong; nobody else may. */
function isTold(event: string, [error]: unknown[]): boolean {
  return event === 'SERVER_ERROR' && typeof (error as { code?: unknown } | undefined)?.code === 'string';
}
