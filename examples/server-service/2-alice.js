import { io } from 'socket.io-client';
import { p2pClientPlugin } from 'socket.io-p2p-plugin/client';

const alice = p2pClientPlugin(io(process.env.P2P_URL ?? 'http://localhost:9000'), 'alice');

console.log(`it is ${await alice.callService('clock', 'time')}`);

// Where the handler yields, the answer can be iterated. Leaving the loop stops the handler.
for await (const tick of await alice.callService('clock', 'ticks', 20)) {
  console.log(`tick ${tick}`);
  if (tick === 3) break;
}

console.log(await alice.callService('clock', 'alarm', 20));

// A call may take 10 seconds, or as long as it is given …
await alice
  .with({ timeout: 100 })
  .callService('clock', 'alarm', 60_000)
  .catch(({ code }) => console.log(`no alarm within 100 ms: ${code}`));

// … and a signal ends it at any time.
const controller = new AbortController();
setTimeout(() => controller.abort(), 100);
await alice
  .with({ timeout: 120_000, signal: controller.signal })
  .callService('clock', 'alarm', 60_000)
  .catch(({ code }) => console.log(`no alarm any more: ${code}`));

console.log(`it is ${await alice.callService('clock', 'time')}`);

alice.disconnect();
