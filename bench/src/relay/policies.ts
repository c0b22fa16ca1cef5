import { type Authorize, DEFAULT_LIMITS, type P2PServerOptions } from 'socket.io-p2p-plugin/server';

/** How much the server asks before it relays: this library with one set of options each. */
export const POLICIES = ['off', 'limits', 'authorize', 'authorize, cached'] as const;

export type PolicyName = (typeof POLICIES)[number];

/** In ms, longer than a run. */
const CACHE_TIME = 3_600_000;

const NO_LIMITS: P2PServerOptions['limits'] = Object.fromEntries(
  Object.keys(DEFAULT_LIMITS).flatMap((name) => (name.endsWith('Timeout') ? [] : [[name, Number.POSITIVE_INFINITY]])),
);

/** The defaults; what they leave open is limited too, and what the load could reach is raised. */
const LIMITS: P2PServerOptions['limits'] = {
  maxPacketBytes: 1_000_000,
  maxPayloadBytes: 500_000,
  packetsPerSecond: 1_000_000,
  bytesPerSecond: 2 ** 30,
};

/** By what is to be done, who does it and to whom, as an application would. Nothing: the default, which is no. */
const mayTalk: Authorize = ({ action, target, client }) => {
  if (action === 'observe') return true;
  if (action !== 'send' && action !== 'request') return undefined;
  return target?.startsWith(client.socket.data.contacts);
};

const AUTHENTICATED: P2PServerOptions = {
  authenticate: ({ auth }, { socket }) => {
    socket.data.contacts = 'client-';
    return auth.clientId;
  },
  defaultPermission: 'deny',
  limits: LIMITS,
};

export const POLICY_OPTIONS: Readonly<Record<PolicyName, P2PServerOptions>> = {
  off: { authenticate: false, limits: NO_LIMITS },
  limits: { authenticate: false, limits: LIMITS },
  authorize: { ...AUTHENTICATED, authorize: mayTalk },
  'authorize, cached': {
    ...AUTHENTICATED,
    authorize: (request) => ({ allowed: mayTalk(request) === true, cacheFor: CACHE_TIME }),
  },
};
