import { P2PError } from '../protocol/p2p-error.js';
import type { PeerHandler } from './peer-handler.js';

/** What one who offers nothing makes of calls and subscriptions. */
export const NO_SERVICES: Pick<
  PeerHandler,
  'callAsked' | 'subscribeAsked' | 'unsubscribed' | 'sessionGone' | 'linkUp' | 'linkDown'
> = {
  callAsked: (request) => request.reject(noApi(request.api)),
  subscribeAsked: (request) => request.reject(noTopic(request.topic)),
  unsubscribed: () => {},
  sessionGone: () => {},
  linkUp: () => {},
  linkDown: () => {},
};

export function noApi(api: string): P2PError {
  return new P2PError('API_NOT_FOUND', `It is no service, and has no API "${api}"`, { details: { api } });
}

export function noTopic(topic: string): P2PError {
  return new P2PError('TOPIC_NOT_FOUND', `It is no service, and has no topic "${topic}"`, { details: { topic } });
}
