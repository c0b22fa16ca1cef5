import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const alice = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'alice');

// What goes wrong after a call without a promise is told here.
alice.on('SERVER_ERROR', (error) => {
  console.error(`${error.code}: ${error.message}`);
  process.exit(1);
});

// A service is called by its client id.
const drinks = await alice.callService('bar', 'menu');
console.log(`there is ${drinks.join(' and ')}`);
console.log(`here comes ${await alice.callService('bar', 'order', 'coffee')}`);

// What goes wrong has a code, and what the handler says of it.
await alice
  .callService('bar', 'order', 'cocktail')
  .catch(({ code, message, details }) => console.log(`${code}: ${message}, only ${details.drinks.join(' and ')}`));
await alice.callService('bar', 'sing').catch(({ code, message }) => console.log(`${code}: ${message}`));

// In the callback style: after `with` the callback takes the error first …
alice
  .with({ timeout: 1_000 })
  .emitService('bar', 'order', 'tea', (/** @type {Error | null} */ error, /** @type {string} */ tea) => {
    console.log(error ? error.message : `here comes ${tea}`);

    // … without it the answer alone.
    alice.emitService('bar', 'pay', (/** @type {number} */ sum) => {
      console.log(`I pay ${sum}`);
      alice.disconnect();
    });
  });
