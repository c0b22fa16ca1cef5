import type { Socket } from 'socket.io-client';
import { expect } from 'vitest';
import { ENVELOPES, plainSettled, settled, type TestClient } from '../../support/relay.js';
import type { RelayProcess } from './relay-process.js';

/** Their ids, and that of a service of the server. */
export const TARGETS = ['alice', 'ben', 'dora', 'clock'] as const;

/**
 * Who is attacked: a client with the plugin, one without, one who uses both, and one with the plugin whose packets
 * travel in envelopes.
 */
export interface Victims {
  readonly alice: TestClient;
  readonly ben: Socket;
  readonly carol: TestClient;
  readonly dora: TestClient;
  /** All that reached them from others, as `[who, event, ...]`. */
  readonly heard: unknown[][];
  /** What was sent before has arrived; everybody is connected, and never was not, and answers. */
  fine(): Promise<void>;
}

export async function connectVictims(relay: RelayProcess): Promise<Victims> {
  const alice = await relay.connect('alice', {}, { isService: true });
  const ben = await relay.connectPlain('ben');
  const carol = await relay.connect('carol');
  const dora = await relay.connect('dora', {}, ENVELOPES);
  const heard: unknown[][] = [];
  const losses: unknown[] = [];
  for (const victim of [alice, ben, carol, dora] as Socket[]) {
    victim.on('disconnect', (reason) => losses.push(reason));
    victim.io.engine.on('close', (reason) => losses.push(reason));
  }
  for (const victim of [alice, carol, dora]) {
    victim.onMessage(({ from, event, args, ack }) => {
      if (event === 'are you fine') ack?.('yes');
      else heard.push([victim.clientId, event, from, ...args]);
    });
    victim.onAny((event: string) => event !== 'P2P' && heard.push([victim.clientId, event]));
  }
  ben.onAny((event, ...args) => {
    if (event === 'are you fine') args.at(-1)('yes');
    else if (!isTold(event, args)) heard.push(['ben', event, ...args]);
  });
  alice.provideService('are you fine', () => 'yes');
  const fine = async () => {
    await settled(alice, carol, dora);
    await plainSettled(ben);
    const answers = [
      await carol.emitToWithAck('alice', 'are you fine'),
      await carol.emitToWithAck('ben', 'are you fine'),
      await carol.emitToWithAck('dora', 'are you fine'),
      await dora.emitToWithAck('carol', 'are you fine'),
      await carol.callService('alice', 'are you fine'),
      await carol.callService('clock', 'echo', 'yes'),
    ];
    expect(answers).toEqual(['yes', 'yes', 'yes', 'yes', 'yes', ['yes']]);
    expect(losses).toEqual([]);
    expect(await relay.faults()).toEqual([]);
  };
  return { alice, ben, carol, dora, heard, fine };
}

/** Those who are attacked enter the same room. */
export async function enterLobby({ alice, ben, dora }: Victims): Promise<void> {
  await Promise.all([alice, dora].map((victim) => victim.joinRoom('lobby')));
  await ben.emitWithAck('JOIN_ROOM', { room: 'lobby' });
}

/** The server may tell a client without the plugin what went wrong; nobody else may. */
function isTold(event: string, [error]: unknown[]): boolean {
  return event === 'SERVER_ERROR' && typeof (error as { code?: unknown } | undefined)?.code === 'string';
}
