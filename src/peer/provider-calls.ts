import { isServiceContract } from '../protocol/service-contract.js';
import type { Deadline } from './pending-operations.js';
import type { ServiceHost } from './service-host.js';
import type { ServiceProvider, ServicePublisher } from './service-provider.js';

/** The public calls of a service, on its host. */
export function providerCalls(host: ServiceHost, deadline: Deadline): ServiceProvider {
  return {
    ...publisherCalls(host, deadline),
    provideService: (what: Parameters<ServiceHost['provide']>[0], given: unknown) => host.provide(what, given),
    destroyService: (api, handler) => host.destroyService(api, handler),
    destroyAllServices: () => host.destroyAll(),
    createTopic: (topic, options) => host.createTopic(topic, options),
    destroyTopic: (topic) => host.destroyTopic(topic),
  };
}

export function publisherCalls(host: ServiceHost, deadline: Deadline): ServicePublisher {
  return {
    publishTopic: (first: unknown, ...rest: unknown[]) => {
      const isContract = isServiceContract(first);
      if (isContract) host.checkOwn(first);
      const [topic, value] = isContract ? rest : [first, ...rest];
      const published = host.publish(topic as string, value, deadline);
      // In the original's style nobody looks at it.
      published.catch(() => {});
      return published;
    },
  };
}
