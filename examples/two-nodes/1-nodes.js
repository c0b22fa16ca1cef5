import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { startBalancer } from './balancer.js';
import { openRedis } from './redis.js';

/** What ends each node, and waits for that. @type {(() => Promise<void>)[]} */
const ends = [];

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await Promise.all(ends.map((end) => end()));
    process.exit();
  });
}

const REDIS_URL = await openRedis();

/** Starts one of the servers, in a process of its own. @returns its port */
async function startNode(/** @type {string} */ name) {
  const node = fork(fileURLToPath(new URL('./node.js', import.meta.url)), [name], {
    env: { ...process.env, REDIS_URL },
  });
  const ended = once(node, 'exit').then(([, signal]) => {
    if (signal === 'SIGKILL') console.log(`${name} is killed`);
  });
  ends.push(() => {
    node.kill();
    return ended;
  });
  const [port] = await Promise.race([once(node, 'message'), ended.then(() => [])]);
  return port ?? process.exit(1);
}

const nodes = await Promise.all([startNode('west'), startNode('east')]);
const { port } = await startBalancer(nodes, Number(process.env.P2P_PORT ?? 9000));
console.log(`ready http://localhost:${port}`);
