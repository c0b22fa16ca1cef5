import { describeNodeFaults } from './node-faults.js';
import { describeCluster } from './suite.js';

describeCluster('servers joined by @socket.io/cluster-adapter', () => ({ adapter: 'cluster' }));

describeNodeFaults('faults of servers joined by @socket.io/cluster-adapter', () => ({ adapter: 'cluster' }));
