import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { shop } from './contract.js';

const alice = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'alice');

// With the contract in place of the id, an editor knows all APIs, what they take and what they give.
for await (const { item, price } of await alice.callService(shop, 'catalogue')) {
  console.log(`a ${item} costs ${price.toFixed(2)}`);
}

// The count may be left out: it has a default.
const { sum } = await alice.callService(shop, 'order', { item: 'teapot' });
console.log(`I pay ${sum.toFixed(2)}`);

alice.disconnect();
