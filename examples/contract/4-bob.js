import { io } from 'socket.io-client';
import { declaredError } from 'socket.io-p2p-plugin';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { shop } from './contract.js';

const bob = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'bob');

// An error that the contract declares comes with its data, and with their types.
await bob.callService(shop, 'order', { item: 'teapot', count: 3 }).catch((error) => {
  const declared = declaredError(shop, 'order', error);
  if (declared?.error !== 'SOLD_OUT') throw error;
  console.log(`only ${declared.data.left} left`);
});

// What is not as declared never reaches the handler. An editor marks this, and the shop refuses it.
// @ts-expect-error the count is a number
await bob.callService(shop, 'order', { item: 'teapot', count: 'two' }).catch(({ code, message, details }) => {
  console.log(`${code}: ${message}`);
  for (const issue of details.issues) console.log(`${issue.path.join('.')}: ${issue.message}`);
});

const stock = bob.subscribeTopic(shop, 'stock');
await stock.ready;
await bob.callService(shop, 'order', { item: 'teapot', count: 2 });
for await (const { item, left } of stock) {
  console.log(`of ${item}s there are ${left} left`);
  break;
}

bob.disconnect();
