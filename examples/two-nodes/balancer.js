import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/**
 * Clients know one address, and go to the nodes in turn; past one that is not there. In production that is nginx,
 * HAProxy or the cloud's own.
 *
 * @param {number[]} nodes ports
 * @param {number} port
 */
export async function startBalancer(nodes, port) {
  let turn = 0;
  const balancer = createServer((client) => {
    client.on('error', () => {});
    const [first = 0, ...others] = [...nodes.slice(turn), ...nodes.slice(0, turn)];
    turn = (turn + 1) % nodes.length;
    join(client, first, others);
  });
  balancer.listen(port);
  await once(balancer, 'listening');
  return /** @type {import('node:net').AddressInfo} */ (balancer.address());
}

/**
 * @param {import('node:net').Socket} client
 * @param {number} port
 * @param {number[]} others
 */
function join(client, port, others) {
  const node = connect(port, 'localhost');
  const refused = () => {
    const [next, ...rest] = others;
    if (next === undefined) client.destroy();
    else join(client, next, rest);
  };
  node.once('error', refused);
  node.once('connect', () => {
    node.off('error', refused).on('error', () => {});
    client.pipe(node).pipe(client);
    client.once('close', () => node.destroy());
    node.once('close', () => client.destroy());
  });
}
