import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';
import { shop } from './contract.js';

const client = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), shop.name, { isService: true });

const shelf = new Map([
  ['teapot', { price: 20, left: 3 }],
  ['cup', { price: 5, left: 12 }],
]);

// One handler for each API: the contract tells what it takes, gives and throws. It makes the topics, too.
client.provideService(shop, {
  async *catalogue() {
    for (const [item, { price }] of shelf) yield { item, price };
  },

  // The input has been checked before it comes here.
  async order({ item, count }, call) {
    console.log(`${call.caller} orders ${count} × ${item}`);
    const { price, left } = shelf.get(item) ?? { price: 0, left: 0 };
    if (left < count) throw call.error('SOLD_OUT', { left });
    shelf.set(item, { price, left: left - count });
    await client.publishTopic(shop, 'stock', { item, left: left - count });
    return { sum: price * count };
  },
});

client.once('connect', () => console.log('ready'));
