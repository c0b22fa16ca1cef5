import { P2PError } from '../protocol/p2p-error.js';
import type { PeerHandler } from './peer-handler.js';

/** What one who offers nothing makes of calls and subscriptions. */
export const NO_SERVICES: Pick<PeerHandler, 'callAsked' | 'subscribeAsked' | 'unsubscribed' | 'linkUp' | 'linkDown'> = {
  callAsked: ({ api, reject }) => {
    reject(new P2PError('API_NOT_FOUND', `It is no service, and has no API "${api}"`, { details: { api } }));
  },
  subscribeAsked: ({ topic, reject }) => {
    reject(new P2PError('TOPIC_NOT_FOUND', `It is no service, and has no topic "${topic}"`, { details: { topic } }));
  },
  unsubscribed: () => {},
  linkUp: () => {},
  linkDown: () => {},
};
