import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SignJWT } from 'jose';
import { expect, it, onTestFinished } from 'vitest';
import { p2pClientPlugin } from '../src/client/p2p-client-plugin.js';
import { hasRedis, startRedis } from './cluster/support/redis.js';
import { codeOf, rawSocketTo, startRelay } from './support/relay.js';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = `${root}.tmp/readme/`;
const readme = readFileSync(`${root}README.md`, 'utf8');

/** Writes a code block of the README, which begins with its file name, to that file. */
function writeBlock(name: string, change = (code: string) => code): string {
  const block = readme.match(new RegExp(`\`\`\`\\w+\\n// ${name}\\n([^]*?)\`\`\``));
  if (!block?.[1]) throw new Error(`The README has no block ${name}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(folder + name, change(block[1]));
  return folder + name;
}

/** The port that a server says it listens to. */
async function portOf(output: Readable): Promise<string> {
  for await (const line of createInterface(output)) {
    const [, port] = /^port (\d+)/.exec(line) ?? [];
    if (port) return port;
  }
  throw new Error('The server has ended');
}

it('every code block of the README is run here', () => {
  const names = [...readme.matchAll(/```(?:js|ts)\n\/\/ (\S+)\n/g)].map(([, name]) => name);
  expect(names).toEqual([
    'server.js',
    'alice.js',
    'bob.js',
    'reader.js',
    'writer.js',
    'web.js',
    'jobs.js',
    'boss.js',
    'contract.js',
    'secure.js',
    'cluster.js',
    'errors.js',
    'typed.ts',
  ]);
  expect(readme.match(/```(?:js|ts)\n/g)).toHaveLength(names.length);
});

it('the server and the clients of the README talk to each other', async () => {
  // Any free port, told on the way out.
  const portless = (code: string) =>
    `${code.replace('9000', '0')}\nio.httpServer.on('listening', () => console.log('port', io.httpServer.address().port));`;
  const server = spawn(process.execPath, [writeBlock('server.js', portless)], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void server.kill());
  let said = '';
  server.stdout.on('data', (chunk) => {
    said += chunk;
  });
  const port = await portOf(server.stdout);
  const run = (name: string) =>
    promisify(execFile)(process.execPath, [writeBlock(name, (code) => code.replace('9000', port))]);
  const alice = run('alice.js');
  await expect.poll(() => said).toContain('alice has connected');
  const bob = await run('bob.js');
  expect(bob.stdout).toBe('3\nCLIENT_NOT_FOUND\nalice has left\n');
  expect((await alice).stdout).toBe('bob notes: that was easy\n');
});

it('the error of the README is raised', async () => {
  const { port } = await startRelay();
  const file = writeBlock('errors.js', (code) => code.replace('9000', String(port)));
  expect((await promisify(execFile)(process.execPath, [file])).stdout).toBe('CLIENT_NOT_FOUND nobody\n');
});

it('the streams of the README arrive', async () => {
  const { port, server } = await startRelay();
  const run = (name: string) => {
    const file = writeBlock(name, (code) =>
      code.replaceAll('9000', String(port)).replace('README.md', '../../README.md'),
    );
    return promisify(execFile)(process.execPath, [file], { cwd: folder });
  };
  const reader = run('reader.js');
  await expect.poll(() => server.getAllClientId()).toContain('reader');
  const writer = run('writer.js');
  expect((await reader).stdout).toBe('log.txt of writer is here\n');
  expect((await writer).stdout).toBe('STREAM_REFUSED: only log.txt, please\n');
  expect(readFileSync(`${folder}log.txt`, 'utf8')).toBe(readme);
  expect((await run('web.js')).stdout).toBe('{ n: 1 }\n');
});

it('the services of the README answer', async () => {
  const { port, server } = await startRelay();
  const file = (name: string) => writeBlock(name, (code) => code.replaceAll('9000', String(port)));
  const jobs = spawn(process.execPath, [file('jobs.js')], { stdio: 'inherit' });
  onTestFinished(() => void jobs.kill());
  await expect.poll(() => server.getAllClientId()).toContain('jobs');
  const run = (name: string) => promisify(execFile)(process.execPath, [file(name)]);
  expect((await run('boss.js')).stdout.split('\n')).toEqual([
    'a hole for boss: 0 %',
    'a hole for boss: 50 %',
    'a hole for boss: 100 %',
    'it was at 100 %',
    'INVALID_ARGUMENT: A job needs a title',
    '',
  ]);
  expect((await run('contract.js')).stdout.split('\n')).toEqual([
    '{ price: 10 }',
    'spade',
    'bucket',
    "INPUT_INVALID [ 'count' ]",
    "{ error: 'SOLD_OUT', data: { left: 3 } }",
    '',
  ]);
});

it('the secure server of the README lets in whom it knows, to what it may do', async () => {
  const portless = (code: string) =>
    `${code.replace('9000', '0')}\nio.httpServer.on('listening', () => console.log('port', io.httpServer.address().port));`;
  const secret = 'a secret of at least 32 characters';
  const server = spawn(process.execPath, [writeBlock('secure.js', portless)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, JWT_SECRET: secret },
  });
  onTestFinished(() => void server.kill());
  const port = await portOf(server.stdout);
  const join = async (id: string, roles: string[], key = secret) => {
    const jwt = new SignJWT({ roles }).setProtectedHeader({ alg: 'HS256' }).setSubject(id).setExpirationTime('1m');
    const token = await jwt.sign(new TextEncoder().encode(key));
    return p2pClientPlugin(rawSocketTo(`http://localhost:${port}`, { auth: { token } }), id, { isService: true });
  };
  const jobs = await join('jobs', ['admin']);
  jobs.provideService('create', (title: string) => `${title} created`);
  expect(await jobs.getClientList()).toEqual(['jobs']);
  const alice = await join('alice', []);
  expect(await alice.callService('jobs', 'create', 'a hole')).toBe('a hole created');
  expect(await codeOf(alice.emitToWithAck('jobs', 'create'))).toBe('FORBIDDEN');
  const mallory = await join('mallory', ['admin'], 'another secret of as many characters');
  expect(await codeOf(mallory.getClientList())).toBe('AUTH_FAILED');
});

it('the types of the README hold', async () => {
  writeBlock('typed.ts');
  writeFileSync(
    `${folder}tsconfig.json`,
    '{ "extends": "../../tsconfig.json", "compilerOptions": { "paths": {} }, "include": ["typed.ts"] }',
  );
  const tsc = fileURLToPath(new URL('../node_modules/.bin/tsc', import.meta.url));
  await promisify(execFile)(tsc, ['-p', folder]);
});

it.skipIf(!hasRedis())('clients of two servers of the README find each other', async () => {
  const redis = await startRedis();
  onTestFinished(() => redis.close());
  const telling = (code: string) =>
    `${code}\nio.httpServer.on('listening', () => console.log('port', io.httpServer.address().port));`;
  const script = writeBlock('cluster.js', telling);
  const start = async (clientId: string) => {
    const env = { ...process.env, REDIS_URL: redis.url, PORT: '0' };
    const server = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void server.kill());
    const port = await portOf(server.stdout);
    return p2pClientPlugin(rawSocketTo(`http://localhost:${port}`), clientId);
  };
  const [alice, bob] = await Promise.all([start('alice'), start('bob')]);
  await expect.poll(() => alice.isClientConnected('bob')).toBe(true);
  const heard = new Promise((resolve) => bob.onAny('hello', (...args) => resolve(args)));
  alice.emitTo('bob', 'hello', 1);
  expect(await heard).toEqual(['alice', 1]);
});
