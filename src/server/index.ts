import { p2pServerPlugin } from './p2p-server-plugin.js';

export type { CallOptions } from '../peer/call-arguments.js';
export type { DuplexOptions, StreamOptions, StreamSettings } from '../peer/stream-options.js';
export type { DuplexClass, DuplexSettings, NodeDuplex } from '../stream/node-duplex.js';
export type { P2PServer, P2PServerView } from './p2p-server.js';
export type { P2PServerIo, P2PServerOptions } from './p2p-server-plugin.js';

// SC-7: what `require('socket.io-p2p-plugin/server')` gives; it has itself as a property, for those who take it by name.
Object.defineProperty(p2pServerPlugin, 'p2pServerPlugin', { value: p2pServerPlugin });

export { p2pServerPlugin, p2pServerPlugin as 'module.exports' };
