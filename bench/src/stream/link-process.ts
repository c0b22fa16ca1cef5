import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { serveCommands } from '../commands.js';
import { LinkPipe, type LinkShape } from './link-pipe.js';

export interface LinkOptions {
  readonly targetPort: number;
  readonly shape: LinkShape;
}

export interface LinkCommands {
  /** Whoever connects to the port is at the other end of such a link, each with one of its own. */
  open(options: LinkOptions): Promise<{ readonly port: number }>;
}

serveCommands<LinkCommands>({
  async open({ targetPort, shape }) {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      const far = connect({ port: targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      new LinkPipe(near, far, shape);
      new LinkPipe(far, near, shape);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port };
  },
});
