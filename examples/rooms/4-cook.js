import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const cook = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'cook');

const thanksFrom = (/** @type {string} */ clientId) =>
  new Promise((resolve) => cook.from(clientId).once('thanks', () => resolve(clientId)));

// The cook is not in the room.
const thanks = Promise.all([thanksFrom('anna'), thanksFrom('ben')]);
cook.emitRoom('kitchen', 'dinner', 'soup');
console.log(`thanks for the soup from ${(await thanks).join(' and ')}`);

console.log(`ben says "${await cook.emitToWithAck('ben', 'enough?')}"`);

// Ben has left the room.
const thanksForCake = thanksFrom('anna');
cook.emitRoom('kitchen', 'dinner', 'cake');
console.log(`thanks for the cake from ${await thanksForCake}`);

cook.disconnect();
