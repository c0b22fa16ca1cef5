import type { CallSettings } from '../peer/call-settings.js';
import { invalidArgument } from '../protocol/check-names.js';
import { CLIENT_ID_RULE, isClientId } from '../protocol/identifiers.js';
import { P2PError } from '../protocol/p2p-error.js';
import { hostService, type P2PService } from './hosted-service.js';
import type { HostedServiceSettings } from './p2p-server.js';
import type { Sessions } from './sessions.js';

export interface HostedServicesOptions {
  readonly sessions: Sessions;
  readonly settings: CallSettings;
  readonly serverId: string;
  /** Whether the server hosts services at all. */
  readonly isService: boolean;
}

/** The services that the server hosts, by their client ids (SV-1). */
export class HostedServices {
  readonly #options: HostedServicesOptions;
  readonly #services = new Map<string, { readonly service: P2PService; readonly isShared: boolean }>();

  constructor(options: HostedServicesOptions) {
    this.#options = options;
  }

  /** @throws P2PError `NOT_A_SERVICE`, `CLIENT_ID_INVALID`, `CLIENT_ID_RESERVED`, `INVALID_ARGUMENT` */
  get(clientId: string, { shared: isShared = false }: HostedServiceSettings = {}): P2PService {
    const { isService, serverId, sessions, settings } = this.#options;
    if (!isService) {
      throw new P2PError('NOT_A_SERVICE', 'This server hosts no services: p2pServerPlugin needs { isService: true }');
    }
    if (!isClientId(clientId)) throw new P2PError('CLIENT_ID_INVALID', CLIENT_ID_RULE);
    if (clientId === serverId) throw new P2PError('CLIENT_ID_RESERVED', `"${clientId}" is the server itself`);
    if (typeof isShared !== 'boolean') throw invalidArgument('shared is true or false');
    const present = this.#services.get(clientId);
    if (present && present.isShared !== isShared) {
      throw invalidArgument(`"${clientId}" is a service already, with shared: ${present.isShared}`);
    }
    if (present) return present.service;
    const closed = () => this.#services.delete(clientId);
    const service = hostService({ sessions, clientId, isShared, settings, closed });
    this.#services.set(clientId, { service, isShared });
    return service;
  }
}
