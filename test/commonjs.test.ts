import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const folder = fileURLToPath(new URL('../.tmp/', import.meta.url));

/** Runs a CommonJS program that knows the package by its public name. */
async function runCommonJs(name: string, program: string): Promise<string> {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}${name}.cjs`;
  writeFileSync(file, program);
  const { stdout } = await promisify(execFile)(process.execPath, [file]);
  return stdout;
}

const SERVER = `
  const http = require('http');
  const { Server } = require('socket.io');
  const p2pServerPlugin = require('socket.io-p2p-plugin/server');

  const httpServer = http.createServer((req, res) => res.end()).listen(0);
  const io = new Server(httpServer, {});
  const server = p2pServerPlugin(io);
`;

it('SC-7 the server sample runs as CommonJS', async () => {
  const output = await runCommonJs(
    'server-sample',
    `${SERVER}
    console.log(server === io, server.getAllClientId(), p2pServerPlugin.name);
    io.close();
  `,
  );
  expect(output).toBe('true [] p2pServerPlugin\n');
});

it('SC-7 the client sample runs as CommonJS, with its id in the query', async () => {
  const output = await runCommonJs(
    'client-sample',
    `${SERVER}
    const socketIOClient = require('socket.io-client');
    const p2pClientPlugin = require('socket.io-p2p-plugin/client');
    const { P2PError } = require('socket.io-p2p-plugin');

    const rawSocket = socketIOClient.connect('http://localhost:' + httpServer.address().port + '?clientId=A');
    const socket = p2pClientPlugin(rawSocket, 'A');
    socket.onAny('hello', (from, ack) => ack(from + ' says hello'));
    socket.emitTo('A', 'hello', async (answer) => {
      console.log(socket === rawSocket, answer);
      const error = await socket.emitToWithAck('B', 'hello').catch((e) => e);
      console.log(error instanceof P2PError, error.code);
      socket.disconnect();
      io.close();
    });
  `,
  );
  expect(output).toBe('true A says hello\ntrue CLIENT_NOT_FOUND\n');
});

it('SC-7 the plugins can be taken by name too, as TypeScript does for a CommonJS package', async () => {
  const output = await runCommonJs(
    'by-name',
    `
    const { p2pServerPlugin } = require('socket.io-p2p-plugin/server');
    const { p2pClientPlugin } = require('socket.io-p2p-plugin/client');
    console.log(p2pServerPlugin.name, p2pClientPlugin.name);
  `,
  );
  expect(output).toBe('p2pServerPlugin p2pClientPlugin\n');
});
