import { setTimeout } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { P2PError } from 'socket.io-p2p-plugin';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const bar = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'bar', { isService: true });

const drinks = ['coffee', 'tea'];
/** How many drinks each client has had. @type {Map<string, number>} */
const tabs = new Map();

// What a handler returns is the answer …
bar.provideService('menu', () => drinks);

// … or what its promise resolves to … Who calls, the relay tells: no client can pass for another.
bar.provideService('order', async function (drink) {
  console.log(`${this.caller} orders a ${drink}`);
  // A P2PError reaches the caller as it is. Of any other error it only learns that there was one: HANDLER_FAILED.
  if (!drinks.includes(drink)) throw new P2PError('SERVICE_ERROR', `We have no ${drink}`, { details: { drinks } });
  await setTimeout(50);
  tabs.set(this.caller, (tabs.get(this.caller) ?? 0) + 1);
  return `a ${drink} for ${this.caller}`;
});

// … or what it passes to the ack, when it likes: the last argument, where it takes more of them than the call brings.
bar.provideService('pay', function (ack) {
  console.log(`${this.caller} pays`);
  setImmediate(ack, 3 * (tabs.get(this.caller) ?? 0));
  tabs.delete(this.caller);
});

bar.once('connect', () => console.log('ready'));
