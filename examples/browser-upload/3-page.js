import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname } from 'node:path';

const TYPES = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
});

const page = new URL('page/', import.meta.url);
/** The modules of the library, as they are in the package. */
const library = new URL('../', import.meta.resolve('socket.io-p2p-plugin/client'));
/** All modules of Socket.IO's client in one, as it is in that package. */
const socketIo = new URL('dist/socket.io.esm.min.js', import.meta.resolve('socket.io-client/package.json'));
const modules = readdirSync(library, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.js'));

/** All that is served, by its path. What is asked for is looked up here and nowhere else, not in the file system. */
const served = new Map([
  ['/index.html', readFileSync(new URL('index.html', page))],
  ['/style.css', readFileSync(new URL('style.css', page))],
  ['/upload.js', readFileSync(new URL('upload.js', page))],
  ['/relay.json', Buffer.from(JSON.stringify(process.env.P2P_URL ?? 'http://localhost:9000'))],
  ['/socket.io-client.js', readFileSync(socketIo)],
  ...modules.map((file) => moduleOf(file.replaceAll('\\', '/'))),
]);

/** @returns {[string, Buffer]} */
function moduleOf(/** @type {string} */ file) {
  return [`/socket.io-p2p-plugin/${file}`, readFileSync(new URL(file, library))];
}

const server = createServer(({ url = '/' }, response) => {
  const path = url === '/' ? '/index.html' : url;
  const body = served.get(path);
  if (!body) return response.writeHead(404).end();
  response.writeHead(200, {
    'content-type': TYPES[extname(path)],
    'cache-control': 'no-cache',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
});

// Any free port, and nobody but this computer.
server.listen(Number(process.env.PAGE_PORT ?? 0), 'localhost', () => {
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  console.log(`open http://localhost:${port} in a browser`);
});
