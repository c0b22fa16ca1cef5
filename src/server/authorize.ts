import type { MaybeLater } from '../async/later.js';
import type { RawServerSocket } from './raw-server.js';

/** What a client may be allowed to do. What answers, what undoes, and asking after itself need no permission. */
export type Action =
  | 'send'
  | 'request'
  | 'pair'
  | 'observe'
  | 'open-stream'
  | 'provide'
  | 'call'
  | 'create-topic'
  | 'publish'
  | 'subscribe'
  | 'list-clients'
  | 'list-services'
  | 'join-room'
  | 'emit-room';

/** What a client wants to do. */
export interface AuthorizeRequest {
  readonly action: Action;
  readonly client: {
    readonly clientId: string;
    /** With what the application keeps in its `data`. */
    readonly socket: RawServerSocket;
  };
  /** The client or service that is addressed: of all but `provide`, `create-topic`, `publish`, lists and rooms. */
  readonly target?: string;
  /** Of `send`, `request`, `emit-room`. */
  readonly event?: string;
  /** Of `call`. */
  readonly api?: string;
  /** Of `create-topic`, `publish`, `subscribe`. */
  readonly topic?: string;
  /** Of `join-room`, `emit-room`. */
  readonly room?: string;
}

/** Nothing: as the option `defaultPermission` says. */
export type Decision =
  | boolean
  | undefined
  | {
      readonly allowed: boolean;
      /** How long the same question of this session needs not be asked again, in ms; `Infinity`: as long as it lasts. */
      readonly cacheFor?: number;
    };

/** Decides whether a client may do something. What it throws is a no. */
export type Authorize = (request: AuthorizeRequest) => MaybeLater<Decision>;
