import { isServiceContract } from '../protocol/service-contract.js';
import type { Deadline } from './pending-operations.js';
import type { ServiceHost } from './service-host.js';
import type { ServiceProvider, ServicePublisher } from './service-provider.js';

/** The public calls of a service, on its host. Each throws `NOT_A_SERVICE` where it is none. */
export function providerCalls(host: ServiceHost, deadline: Deadline): ServiceProvider {
  const ofService =
    <Args extends unknown[], Result>(call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      host.checkIsService();
      return call(...args);
    };
  const { topics } = host;
  return {
    ...publisherCalls(host, deadline),
    provideService: ofService((...args: Parameters<ServiceHost['provide']>) => host.provide(...args)),
    destroyService: ofService((api, handler) => host.destroy(api, handler)),
    destroyAllServices: ofService(() => {
      host.destroy();
      topics.destroyAll();
    }),
    createTopic: ofService((topic, options) => topics.create(topic, options)),
    destroyTopic: ofService((topic) => topics.destroy(topic)),
  };
}

export function publisherCalls(host: ServiceHost, deadline: Deadline): ServicePublisher {
  return {
    publishTopic: (first: unknown, ...rest: unknown[]) => {
      host.checkIsService();
      const isContract = isServiceContract(first);
      if (isContract) host.checkOwn(first);
      const [topic, value] = isContract ? rest : [first, ...rest];
      const published = host.topics.publish(topic as string, value, deadline);
      // In the original's style nobody looks at it.
      published.catch(() => {});
      return published;
    },
  };
}
