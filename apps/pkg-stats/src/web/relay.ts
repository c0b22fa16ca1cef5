import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { P2PError } from 'socket.io-p2p-plugin';
import type { Authenticate, Authorize, P2PServerOptions } from 'socket.io-p2p-plugin/server';
import { WORKER_PREFIX } from '../contract.js';

/** Who may be who, and who may do what, where anyone may connect. */
export function relayOptions(token: string | undefined): P2PServerOptions {
  return {
    authenticate: authenticateBy(token),
    authorize,
    defaultPermission: 'deny',
    // What a visitor needs for a page, several times over. Answers, and what streams carry, are not counted.
    limits: {
      maxPacketBytes: 1_000_000,
      packetsPerSecond: 50,
      packetBurst: 500,
      bytesPerSecond: 1024 * 1024,
      byteBurst: 8 * 1024 * 1024,
      maxRequests: 64,
      maxStreams: 32,
      maxSubscriptions: 16,
      maxPairs: 0,
      maxWatches: 0,
      maxWaitingPackets: 256,
      violationBurst: 50,
      violationsPerSecond: 1,
    },
  };
}

/** The ids of workers are for who has the token; anyone may have any other. */
function authenticateBy(token: string | undefined): Authenticate {
  return ({ auth }, { claimedId = `visitor-${randomUUID()}` }) => {
    if (!claimedId.startsWith(WORKER_PREFIX)) return claimedId;
    if (token !== undefined && isSame(auth.token, token)) return claimedId;
    throw new P2PError('AUTH_FAILED', 'A worker needs the token of this relay');
  };
}

const authorize: Authorize = ({ action, client, target }) => {
  if (client.clientId.startsWith(WORKER_PREFIX)) {
    return action === 'provide' || action === 'create-topic' || action === 'publish';
  }
  if (action === 'list-services') return true;
  return (action === 'call' || action === 'subscribe') && target?.startsWith(WORKER_PREFIX);
};

/** Takes the same time whatever they have in common. */
function isSame(given: unknown, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(expected));
}
