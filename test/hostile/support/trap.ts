import { expect } from 'vitest';
import { PATIENT } from '../../support/topics.js';
import type { Attacker } from './attacker.js';
import type { RelayProcess } from './relay-process.js';

/** The attacker has a topic `trap`, takes whoever subscribes, and the server itself does. */
export async function layTrap(relay: RelayProcess, attacker: Attacker): Promise<void> {
  attacker.onPacket((_data, header) => {
    if (header[0] === 'subscribe') attacker.send(attacker.packet(null, ['subscribed', ...header.slice(1, 4), 'trap']));
  });
  attacker.send(attacker.packet(null, ['offer']));
  await attacker.settled();
  await relay.subscribe(attacker.clientId, 'trap');
  attacker.send(attacker.packet('["harmless"]', ['publish', 'trap', 0]));
  await expect.poll(() => relay.heard(), PATIENT).toContain('harmless');
}
