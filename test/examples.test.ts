import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Example } from '../examples/example.js';
import { hasRedis } from './cluster/support/redis.js';

const START = fileURLToPath(new URL('../examples/start.js', import.meta.url));
/** Only guards against a hang. */
const timeout = 60_000;

/** Output of each part, in its order: between parts the operating system decides. */
interface Run {
  readonly exitCode: number | null;
  readonly parts: Record<string, string[]>;
  readonly errors: string;
}

function start(...args: string[]): Promise<Run> {
  return startWith({}, ...args);
}

async function startWith(env: Record<string, string>, ...args: string[]): Promise<Run> {
  const child = startChild(env, ...args);
  const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
  const [output, errors, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  return { exitCode, errors, parts: byPart(output.trimEnd().split('\n')) };
}

function startChild(env: Record<string, string>, ...args: string[]) {
  return spawn(process.execPath, [START, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function byPart(lines: string[]): Record<string, string[]> {
  const parts: Record<string, string[]> = {};
  for (const line of lines) {
    const [part = '', said = ''] = line.split(/ +\| /);
    parts[part] ??= [];
    parts[part].push(said);
  }
  return parts;
}

/** Removed with the test. */
async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'p2p-example-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** Asks for a path exactly as it is: `fetch` would tidy it up. */
async function ask(url: string, path: string): Promise<{ status: number | undefined; type?: string; body: string }> {
  const { port } = new URL(url);
  const response = await new Promise<IncomingMessage>((resolve, reject) =>
    get({ host: 'localhost', port, path }, resolve).on('error', reject),
  );
  return { status: response.statusCode, type: response.headers['content-type'] ?? '', body: await text(response) };
}

/** An example of our own making, with what it printed. */
async function exampleOf(files: Record<string, string>, printed = (_example: Example) => {}) {
  const folder = join(await temporaryFolder(), 'parts');
  await mkdir(folder);
  await Promise.all(Object.entries(files).map(([name, code]) => writeFile(join(folder, name), code)));
  const lines: string[] = [];
  const example: Example = new Example(folder, (line) => {
    lines.push(line);
    printed(example);
  });
  return { example, lines };
}

const FOREVER = 'setInterval(() => {}, 1e6);';

describe('examples', { timeout }, () => {
  it('R-4 the example "messages" runs by one command', async () => {
    expect(await start('messages')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: ['alice is connected', 'bob is connected'],
        alice: ['bob wants to talk', 'bob says "Hello alice"'],
        bob: ['alice says "Hello bob"', '4 * 5 = 20', 'to nobody: CLIENT_NOT_FOUND', '2 + 3 = 5'],
      },
    });
  });

  it('R-4 the example "any-client" runs by one command', async () => {
    expect(await start('any-client')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: ['desk is connected', 'alice is connected', 'bob is connected'],
        desk: ['alice is the first to say hello', 'alice asks "Are you open?"', 'bob asks "Is alice gone?"'],
        alice: ['desk says "Yes, alice"'],
        bob: ['desk says "Yes, bob"'],
      },
    });
  });

  it('R-4 the example "removing-listeners" runs by one command', async () => {
    expect(await start('removing-listeners')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: ['alice is connected', 'bob is connected', 'alice is connected'],
        bob: [
          'alice, tell me "one"',
          'from(\'alice\') hears "one"',
          'onAny hears "one" of alice',
          "offAny('news', fromAny)",
          'alice, tell me "two"',
          'from(\'alice\') hears "two"',
          "from('alice').off('news', fromAlice)",
          'alice, tell me "three"',
          "from('alice').on('news', fromAlice)",
          'alice, tell me "four"',
          'from(\'alice\') hears "four"',
          'alice has disconnected',
          'alice is back',
          'alice, tell me "five"',
          "from('alice').on('news', fromAlice)",
          'alice, tell me "six"',
          'from(\'alice\') hears "six"',
        ],
      },
    });
  });

  it('R-4 the example "rooms" runs by one command', async () => {
    expect(await start('rooms')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: ['anna is connected', 'ben is connected', 'cook is connected'],
        anna: ['ben is here', 'cook brings soup', 'cook brings cake'],
        ben: ['anna welcomes me', 'cook brings soup'],
        cook: [
          'thanks for the soup from anna and ben',
          'ben says "I have had enough"',
          'thanks for the cake from anna',
        ],
      },
    });
  });

  it('R-4 the example "duplex" runs by one command', async () => {
    expect(await start('duplex')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: ['alice is connected', 'bob is connected'],
        alice: [
          'bob opens "shout"',
          '"shout" has ended',
          'bob opens "sum"',
          '"sum" has failed: "five" is not a number',
        ],
        bob: [
          'alice shouts "HELLO"',
          'alice shouts "HOW ARE YOU?"',
          'alice says "goodbye after 19 bytes"',
          'with 3 it is 3',
          'with 4 it is 7',
          'STREAM_RESET: "five" is not a number, NOT_A_NUMBER',
          'STREAM_REFUSED: I can only shout and sum up',
        ],
      },
    });
  });

  it('R-4 the example "file-transfer" runs by one command', async () => {
    const folder = await temporaryFolder();
    expect(await startWith({ P2P_FOLDER: folder }, 'file-transfer')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: ['receiver is connected', 'sender is connected'],
        receiver: [
          'photos.zip: 8388608 bytes from sender',
          'photos.zip: 25 % received',
          'photos.zip: 50 % received',
          'photos.zip: 75 % received',
          'photos.zip: 100 % received',
          `photos.zip: saved in ${folder}`,
        ],
        sender: [
          'photos.zip: 25 % sent',
          'photos.zip: 50 % sent',
          'photos.zip: 75 % sent',
          'photos.zip: 100 % sent',
          'photos.zip: arrived, checksum verified',
          'STREAM_REFUSED: That is no name for a file',
          'STREAM_REFUSED: A file has 67108864 bytes at most',
        ],
      },
    });
    expect(await readdir(folder)).toEqual(['photos.zip']);
    expect((await stat(join(folder, 'photos.zip'))).size).toBe(8_388_608);
  });

  it('R-4 the example "browser-upload" runs by one command, and serves its page and nothing else', async () => {
    const child = startChild({ P2P_FOLDER: await temporaryFolder() }, 'browser-upload');
    onTestFinished(() => void child.kill());
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    const url = await new Promise<string>((resolve) =>
      createInterface(child.stdout).on('line', (line) => {
        const [, address] = /open (\S+) in a browser/.exec(line) ?? [];
        if (address) resolve(address);
      }),
    );
    expect(await ask(url, '/')).toMatchObject({ status: 200, type: 'text/html; charset=utf-8' });
    expect((await ask(url, '/style.css')).type).toBe('text/css; charset=utf-8');
    expect(JSON.parse((await ask(url, '/relay.json')).body)).toMatch(/^http:\/\/localhost:\d+$/);
    for (const path of ['/upload.js', '/socket.io-client.js', '/socket.io-p2p-plugin/client/index.js']) {
      expect(await ask(url, path)).toMatchObject({ status: 200, type: 'text/javascript; charset=utf-8' });
    }
    for (const path of [
      '/../3-page.js',
      '/..%2f3-page.js',
      '/socket.io-p2p-plugin/../../package.json',
      '/socket.io-p2p-plugin/%2e%2e/package.json',
      '/..\\3-page.js',
      '//etc/passwd',
      '/%',
      '/__proto__',
      '*',
    ]) {
      expect(await ask(url, path)).toEqual({ status: 404, type: '', body: '' });
    }
    child.kill('SIGINT');
    expect(await exited).toBe(130);
  });

  it('R-4 the example "client-service" runs by one command', async () => {
    expect(await start('client-service')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: ['bar is connected', 'alice is connected'],
        bar: ['alice orders a coffee', 'alice orders a cocktail', 'alice orders a tea', 'alice pays'],
        alice: [
          'there is coffee and tea',
          'here comes a coffee for alice',
          'SERVICE_ERROR: We have no cocktail, only coffee and tea',
          'API_NOT_FOUND: "bar" has no API "sing"',
          'here comes a tea for alice',
          'I pay 6',
        ],
      },
    });
  });

  it('R-4 the example "server-service" runs by one command', async () => {
    const time = expect.stringMatching(/^it is \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(await start('server-service')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: [
          'alice is connected',
          'alice listens to the ticks',
          'alice has heard enough',
          'alice waits no longer',
          'alice waits no longer',
        ],
        alice: [
          time,
          'tick 1',
          'tick 2',
          'tick 3',
          'Wake up!',
          'no alarm within 100 ms: TIMEOUT',
          'no alarm any more: ABORTED',
          time,
        ],
      },
    });
  });

  it('R-4 the example "job-service" runs by one command', async () => {
    expect(await start('job-service')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: ['press is connected', 'alice is connected', 'bob is connected'],
        press: ['alice creates job-1', 'alice lets job-1 go on', 'bob lets job-1 go on', 'job-1 is done'],
        alice: ['job-1: page 1 of 3', 'job-1: a fine proof, bob will see to the rest'],
        bob: [
          'the press has job-1',
          'job-1: page 1 of 3',
          'job-1: page 2 of 3',
          'job-1: page 3 of 3',
          'TOPIC_DESTROYED: The service has ended the topic "job-1"',
        ],
      },
    });
  });

  it('R-4 the example "contract" runs by one command', async () => {
    expect(await start('contract')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: ['shop is connected', 'alice is connected', 'bob is connected'],
        shop: ['alice orders 1 × teapot', 'bob orders 3 × teapot', 'bob orders 2 × teapot'],
        alice: ['a teapot costs 20.00', 'a cup costs 5.00', 'I pay 20.00'],
        bob: [
          'only 2 left',
          'INPUT_INVALID: The input of "order" is not as declared',
          'count: Invalid input: expected number, received string',
          'of teapots there are 0 left',
        ],
      },
    });
  });

  it('R-4 the example "authentication" runs by one command', async () => {
    expect(await start('authentication')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        relay: [
          'alice is connected',
          'bob is connected',
          'authz.deny: bob, call',
          'auth.fail: AUTH_FAILED',
          'bob is connected',
          'auth.fail: AUTH_FAILED',
          'auth.fail: AUTH_FAILED',
          'auth.fail: CLIENT_ID_MISMATCH',
          'mallory is connected',
          'authz.deny: mallory, call',
          'authz.deny: mallory, call',
          'mallory is kicked; refused until now: 4, denied: 3',
          'auth.fail: AUTH_FAILED',
        ],
        alice: ['bob reads my diary', 'bob reads my diary'],
        bob: [
          'alice writes "Down, down, down."',
          'to burn it: FORBIDDEN',
          'after 3 seconds: SESSION_EXPIRED',
          'alice still writes "Down, down, down."',
        ],
        mallory: [
          'without a token: AUTH_FAILED',
          'with a forged token: AUTH_FAILED',
          'as alice with my own token: CLIENT_ID_MISMATCH',
          'to read of alice: FORBIDDEN',
          'to read of nobody: FORBIDDEN',
          'after that: SESSION_KICKED',
          'with my own token again: AUTH_FAILED',
        ],
      },
    });
  });

  it.skipIf(!hasRedis())('R-4 the example "two-nodes" runs by one command', async () => {
    expect(await startWith({ REDIS_URL: '' }, 'two-nodes')).toEqual({
      exitCode: 0,
      errors: '',
      parts: {
        nodes: [
          'west: station is connected',
          'east: alice is connected',
          'west: bob is connected',
          'east is killed',
          'west: alice is connected',
        ],
        station: ['alice asks for tomorrow'],
        alice: [
          'tomorrow will be sunny',
          'bob says "Hello alice"',
          'it is raining',
          'my node is gone',
          'I am back',
          'it is clearing up',
          'bob says "Hello again"',
        ],
        bob: [
          'alice says "Hello bob"',
          'it is raining',
          '8388608 bytes there and back: all well',
          'no answer of alice: PEER_GONE',
          'our pair has ended: alice, PEER_GONE',
          'alice is back',
          'it is clearing up',
          'alice says "Hello bob"',
        ],
      },
    });
  });

  it('R-4 the example "two-nodes" says where it gets no Redis', async () => {
    const { exitCode, parts } = await startWith({ REDIS_URL: '', PATH: '' }, 'two-nodes');
    expect(exitCode).toBe(1);
    expect(parts.nodes?.[0]).toBe('This example needs Redis, and finds no redis-server. Either install it:');
    // Nobody listens to this port: it is not for TCP.
    const elsewhere = await startWith({ REDIS_URL: 'redis://localhost:0' }, 'two-nodes');
    expect(elsewhere).toMatchObject({
      exitCode: 1,
      parts: { nodes: ['No Redis answers at redis://localhost:0'] },
    });
  });

  it.each([['nonsense'], ['..'], []])('R-4 without the name of an example (%s) they are listed', async (...args) => {
    const { exitCode, errors } = await start(...args);
    expect(exitCode).toBe(1);
    for (const name of [
      'any-client',
      'authentication',
      'browser-upload',
      'client-service',
      'contract',
      'duplex',
      'file-transfer',
      'job-service',
      'messages',
      'removing-listeners',
      'rooms',
      'server-service',
      'two-nodes',
    ]) {
      expect(errors).toContain(`npm run example ${name}\n`);
    }
  });
});

describe('the runner of examples', { timeout }, () => {
  it('R-4 starts a part when the one before is ready or has ended, and tells it the address', async () => {
    const { example, lines } = await exampleOf({
      '1-relay.js': `console.log('ready http://here'); ${FOREVER}`,
      '2-one.js': 'console.log(process.env.P2P_URL);',
      '10-two.js': 'console.log(process.env.P2P_URL);',
    });
    expect(await example.run()).toBe(0);
    expect(lines).toEqual(['one   | http://here', 'two   | http://here']);
  });

  it('R-4 a part that fails ends all others, and the exit code tells', async () => {
    const { example, lines } = await exampleOf({
      '1-relay.js': `console.log('ready'); ${FOREVER}`,
      '2-fails.js': `console.log('ready'); process.exitCode = 7;`,
      '3-last.js': FOREVER,
    });
    expect(await example.run()).toBe(1);
    expect(lines).toEqual([]);
  });

  it('R-4 stopping it ends all parts and starts no other', async () => {
    const parts = {
      '1-relay.js': `console.log('ready'); ${FOREVER}`,
      '2-mute.js': `console.log('stop me'); ${FOREVER}`,
      '3-last.js': 'console.log("too late");',
    };
    const { example, lines } = await exampleOf(parts, (running) => running.stop(130));
    expect(await example.run()).toBe(130);
    expect(lines).toEqual(['mute  | stop me']);
  });
});
