import { describeCluster } from './suite.js';

describeCluster('servers joined by @socket.io/cluster-adapter', () => ({ adapter: 'cluster' }));
