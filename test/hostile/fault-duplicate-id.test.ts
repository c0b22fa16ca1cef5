import type { Socket } from 'socket.io-client';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { P2PError } from '../../src/protocol/p2p-error.js';
import { next, plainSettled, settled, type TestClient } from '../support/relay.js';
import { atSize, record } from './support/figures.js';
import { briefClient, briefSocket, knows, since } from './support/load.js';
import { type RelayProcess, startRelayProcess } from './support/relay-process.js';

const CONNECTS = atSize(100, 1_000);
const MESSAGES = 100;

/** One of those who want the id. */
interface Contender {
  readonly socket: Socket;
  /** Whether it got in, or the code with which it was refused. */
  readonly outcome: Promise<string>;
  /** Messages that it heard from other clients. */
  readonly heard: unknown[];
  /** Why it was ended later. */
  readonly told: string[];
}

function contender(url: string, isPlain: boolean): Contender {
  const heard: unknown[] = [];
  const told: string[] = [];
  if (isPlain) {
    const socket = briefSocket(url, { clientId: 'contested' });
    socket.on('hi', (_from, message) => heard.push(message));
    socket.on('SERVER_ERROR', ({ code }: P2PError) => told.push(code));
    const refused = next<[{ data: P2PError }]>(socket, 'connect_error').then(([{ data }]) => data.code);
    // Of two that pass the middleware at once the slower one is told so after its connect.
    const lost = next<[P2PError]>(socket, 'SERVER_ERROR').then(([{ code }]) => code);
    const settle = next(socket, 'connect').then(() =>
      socket.emitWithAck('IS_CLIENT_CONNECTED', { targetClientId: 'x' }),
    );
    return { socket, heard, told, outcome: Promise.race([refused, lost, settle.then(() => 'in')]) };
  }
  const client = briefClient(url, 'contested');
  client.onAny('hi', (_from, message) => heard.push(message));
  client.on('SERVER_ERROR', ({ code }: P2PError) => told.push(code));
  const refused = next<[P2PError]>(client, 'SERVER_ERROR').then(([{ code }]) => code);
  const isIn = client.with({ timeout: 60_000 }).isClientConnected('contested');
  const settle = isIn.then(() => 'in').catch(({ code }: P2PError) => code);
  return { socket: client, heard, told, outcome: Promise.race([refused, settle]) };
}

async function race(relay: RelayProcess): Promise<{ contenders: Contender[]; outcomes: string[]; time: string }> {
  const start = performance.now();
  const contenders = Array.from({ length: CONNECTS }, (_, n) => contender(relay.url, n % 2 === 0));
  onTestFinished(() => contenders.forEach(({ socket }) => void socket.disconnect()));
  const outcomes = await Promise.all(contenders.map(({ outcome }) => outcome));
  return { contenders, outcomes, time: since(start) };
}

/** Messages to whoever holds the id, while the others are still there. */
async function sendTo({ contenders, holder }: { contenders: Contender[]; holder: Contender }, sender: TestClient) {
  const before = contenders.map(({ heard }) => heard.length);
  for (let n = 0; n < MESSAGES; n++) sender.emitTo('contested', 'hi', n);
  await settled(sender);
  await expect.poll(() => holder.heard.length).toBeGreaterThanOrEqual(MESSAGES);
  return contenders.filter((one, index) => one !== holder && one.heard.length > (before[index] ?? 0));
}

describe('threats: duplicate id', () => {
  it('of many who connect at once one gets in, and all that is sent reaches that one', async () => {
    const relay = await startRelayProcess();
    const sender = await relay.connect('sender');
    const { contenders, outcomes, time } = await race(relay);
    const winners = contenders.filter((_, index) => outcomes[index] === 'in');
    expect(outcomes.filter((outcome) => outcome !== 'in').every((code) => code === 'CLIENT_ID_IN_USE')).toBe(true);
    expect(winners.length).toBe(1);
    const [holder] = winners as [Contender];
    expect(await relay.socketIds()).toMatchObject({ contested: holder.socket.id });
    const wrongly = await sendTo({ contenders, holder }, sender);
    record({
      threat: 'duplicate id, reject',
      size: `${CONNECTS} connects`,
      goal: 'one holder, nothing to others',
      measured: `${winners.length} holder, ${wrongly.length} others heard something, ${time}`,
      ok: winners.length === 1 && wrongly.length === 0,
    });
    expect(wrongly).toEqual([]);
    expect(holder.heard).toEqual(Array.from({ length: MESSAGES }, (_, n) => n));
    await relay.stillServes();
  }, 120_000);

  it.runIf(knows('SESSION_KICKED'))(
    'with takeover the last one holds it, and the others are told and hear nothing',
    async () => {
      const relay = await startRelayProcess({ plugin: { duplicates: 'takeover' } });
      const sender = await relay.connect('sender');
      let traffic = true;
      const sending = (async () => {
        while (traffic) {
          sender.emitTo('contested', 'hi', -1);
          await settled(sender);
        }
      })();
      const { contenders, time } = await race(relay);
      await expect.poll(() => contenders.filter(({ socket }) => socket.connected).length, { timeout: 30_000 }).toBe(1);
      traffic = false;
      await sending;
      const holder = contenders.find(({ socket }) => socket.connected)!;
      if (holder.socket.listeners('hi').length > 0) await plainSettled(holder.socket);
      expect(await relay.socketIds()).toMatchObject({ contested: holder.socket.id });
      const wrongly = await sendTo({ contenders, holder }, sender);
      const told = contenders.filter((one) => one !== holder && one.told.includes('SESSION_REPLACED')).length;
      record({
        threat: 'duplicate id, takeover',
        size: `${CONNECTS} connects`,
        goal: 'one holder, nothing to fenced ones',
        measured: `1 holder, ${told} told, ${wrongly.length} others heard something, ${time}`,
        ok: wrongly.length === 0,
      });
      expect(wrongly).toEqual([]);
      await relay.stillServes();
    },
    120_000,
  );
});
