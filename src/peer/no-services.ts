import { P2PError } from '../protocol/p2p-error.js';
import type { PeerHandler } from './peer-handler.js';

/** What one who offers nothing makes of calls and subscriptions. */
export const NO_SERVICES: Pick<
  PeerHandler,
  'callAsked' | 'subscribeAsked' | 'unsubscribed' | 'sessionGone' | 'linkUp' | 'linkDown'
> = {
  callAsked: (request) => {
    const { api } = request;
    request.reject(new P2PError('API_NOT_FOUND', `It is no service, and has no API "${api}"`, { details: { api } }));
  },
  subscribeAsked: (request) => {
    const details = { topic: request.topic };
    request.reject(
      new P2PError('TOPIC_NOT_FOUND', `It is no service, and has no topic "${request.topic}"`, { details }),
    );
  },
  unsubscribed: () => {},
  sessionGone: () => {},
  linkUp: () => {},
  linkDown: () => {},
};
