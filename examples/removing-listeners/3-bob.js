import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const bob = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'bob');

/** Alice sends the news first and answers then: when this is done, the news have arrived. */
async function askForNews(/** @type {string} */ text) {
  console.log(`alice, tell me "${text}"`);
  await bob.emitToWithAck('alice', 'tell', text);
}

const fromAny = (/** @type {string} */ clientId, /** @type {string} */ text) =>
  console.log(`onAny hears "${text}" of ${clientId}`);
const fromAlice = (/** @type {string} */ text) => console.log(`from('alice') hears "${text}"`);

bob.onAny('news', fromAny);
bob.from('alice').on('news', fromAlice);
await askForNews('one');

console.log("offAny('news', fromAny)");
bob.offAny('news', fromAny);
await askForNews('two');

console.log("from('alice').off('news', fromAlice)");
bob.from('alice').off('news', fromAlice);
await askForNews('three');

console.log("from('alice').on('news', fromAlice)");
bob.from('alice').on('news', fromAlice);
await askForNews('four');

// Listeners that are bound to a client go when it disconnects.
await bob.addP2pTarget('alice');
const back = new Promise((resolve) => bob.onceAny('back', resolve));
bob.on('MULTI_API_TARGET_DISCONNECT', (clientId) => console.log(`${clientId} has disconnected`));
bob.emitTo('alice', 'restart');
console.log(`${await back} is back`);
await askForNews('five');

console.log("from('alice').on('news', fromAlice)");
bob.from('alice').on('news', fromAlice);
await askForNews('six');

bob.disconnect();
