import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { cli, p2p, p2pWith, type Run, runWith, type Streams } from './support/p2p-process.js';
import { codeOf, next, startRelay, type TestClient, type TestRelay } from './support/relay.js';

const MIB = 1_048_576;

/** What takes the progress line away. */
const CLEAR = '\r\x1b[K';

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'p2p-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function createFile(content: string | Buffer, name = 'file.bin'): string {
  const path = join(createFolder(), name);
  writeFileSync(path, content);
  return path;
}

const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest();

/** A relay, and `p2p` as clients of it. */
async function startWorld() {
  const relay = await startRelay();
  const run = (streams: Streams, command: string, as: string, ...args: string[]) =>
    p2pWith(streams, command, '--as', as, '--url', relay.url, ...args);
  return {
    ...relay,
    run,
    /** Starts a `p2p` that waits for others, and waits until it can be reached. */
    async start(streams: Streams, command: string, as: string, ...args: string[]): Promise<Run> {
      const started = run(streams, command, as, ...args);
      await reachable(relay, as);
      return started;
    },
  };
}

async function reachable({ server }: TestRelay, clientId: string): Promise<void> {
  await expect.poll(() => server.getSocketByClientId(clientId), { timeout: 20_000 }).toBeDefined();
}

/** It ends with 1, and says why in one line. */
async function failure(run: Run): Promise<string> {
  const { code, stderr } = await run.ended;
  expect(stderr).toMatch(/^p2p: [^\n]+\n$/);
  expect(code).toBe(1);
  return stderr.slice('p2p: '.length, -1);
}

const SUCCESS = { code: 0, stderr: '' };

/** The next stream that a client accepts. */
function nextStream(client: TestClient): Promise<Duplex> {
  return new Promise((resolve) => {
    client.onAddP2pStream((duplex) => {
      duplex.on('error', () => {});
      resolve(duplex);
    });
  });
}

/** What a stream ends with. */
async function endOf(duplex: Duplex): Promise<string> {
  return finished(duplex.resume()).then(
    () => 'ended',
    (error) => `${error.code}: ${error.message}`,
  );
}

/** The `p2p` named alice has got as far as waiting: what it asked the relay before its first answer is answered. */
async function settle(client: TestClient): Promise<void> {
  for (let n = 0; n < 2; n++) {
    await expect(client.addP2pStream('alice', { objectMode: true })).rejects.toMatchObject({ code: 'STREAM_REFUSED' });
  }
}

describe('p2p pipe', () => {
  it('connects stdin and stdout of two processes, both ways at once', async () => {
    const { run, start } = await startWorld();
    const [toAlice, toBob] = [randomBytes(5 * MIB), randomBytes(3 * MIB + 1)];
    const [gotAlice, gotBob] = [createFile(''), createFile('')];
    const alice = await start(
      { stdin: openSync(createFile(toBob), 'r'), stdout: openSync(gotAlice, 'w') },
      'pipe',
      'alice',
    );
    const bob = run(
      { stdin: openSync(createFile(toAlice), 'r'), stdout: openSync(gotBob, 'w') },
      'pipe',
      'bob',
      '--to',
      'alice',
    );
    expect(await Promise.all([alice.ended, bob.ended])).toMatchObject([SUCCESS, SUCCESS]);
    expect(readFileSync(gotAlice).equals(toAlice)).toBe(true);
    expect(readFileSync(gotBob).equals(toBob)).toBe(true);
  });

  it('ends each direction by itself: who reads its output sees the end while its input is open', async () => {
    const { run, start } = await startWorld();
    const alice = await start({ stdin: 'pipe' }, 'pipe', 'alice');
    const bob = run({ stdin: 'pipe' }, 'pipe', 'bob', '--to', 'alice');
    bob.process.stdin?.end('a question');
    await next(alice.process.stdout!, 'end');
    expect(alice.bytes.toString()).toBe('a question');
    expect(alice.process.exitCode).toBeNull();
    alice.process.stdin?.end('an answer');
    expect(await Promise.all([alice.ended, bob.ended])).toMatchObject([SUCCESS, { ...SUCCESS, stdout: 'an answer' }]);
  });

  it('passes on what comes before more comes', async () => {
    const { run, start } = await startWorld();
    const alice = await start({ stdin: 'pipe' }, 'pipe', 'alice');
    const bob = run({ stdin: 'pipe' }, 'pipe', 'bob', '--to', 'alice');
    for (const [from, to, said] of [
      [bob, alice, 'ping'],
      [alice, bob, 'pong'],
    ] as const) {
      from.process.stdin?.write(said);
      await to.says(said);
    }
    alice.process.stdin?.end();
    bob.process.stdin?.end();
    expect(await Promise.all([alice.ended, bob.ended])).toMatchObject([SUCCESS, SUCCESS]);
  });

  it('waits for a reader that is slow', async () => {
    const { run, start } = await startWorld();
    const content = randomBytes(40 * MIB);
    const alice = await start({ stdout: 'pipe' }, 'pipe', 'alice');
    alice.process.stdout?.pause();
    const bob = run({ stdin: openSync(createFile(content), 'r') }, 'pipe', 'bob', '--to', 'alice');
    await next(alice.process.stdout!, 'readable');
    expect(bob.process.exitCode).toBeNull();
    alice.process.stdout?.resume();
    expect(await Promise.all([alice.ended, bob.ended])).toMatchObject([SUCCESS, SUCCESS]);
    expect(alice.bytes.equals(content)).toBe(true);
  });

  it('talks with programs: they get its bytes and its size, and it takes theirs', async () => {
    const { connect, run, start } = await startWorld();
    const carol = await connect('carol');
    const accepted = new Promise<unknown>((resolve) =>
      carol.onAddP2pStream((duplex, { metadata }) => {
        duplex.pipe(duplex);
        resolve(metadata);
      }),
    );
    const bob = run({ stdin: openSync(createFile('hello'), 'r') }, 'pipe', 'bob', '--to', 'carol');
    expect(await accepted).toMatchObject({ kind: 'pipe', size: 5 });
    expect(await bob.ended).toMatchObject({ ...SUCCESS, stdout: 'hello' });

    const alice = await start({ stdin: openSync(createFile('hello, carol'), 'r') }, 'pipe', 'alice');
    const duplex = await carol.addP2pStream('alice');
    duplex.end('hello, alice');
    expect(await text(duplex)).toBe('hello, carol');
    expect(await alice.ended).toMatchObject({ ...SUCCESS, stdout: 'hello, alice' });
  });

  it('takes one stream, and refuses further ones, and files, with a reason', async () => {
    const { connect, run, start } = await startWorld();
    const carol = await connect('carol');
    const alice = await start({ stdin: 'pipe' }, 'pipe', 'alice');
    expect(await failure(run({}, 'send-file', 'bob', '--to', 'alice', createFile('x')))).toBe(
      'STREAM_REFUSED: This is p2p pipe, which takes no files: p2p receive does',
    );
    await expect(carol.addP2pStream('alice', { objectMode: true })).rejects.toMatchObject({ code: 'STREAM_REFUSED' });
    const duplex = await carol.addP2pStream('alice');
    expect(await failure(run({}, 'pipe', 'bob', '--to', 'alice'))).toBe('STREAM_REFUSED: This pipe is taken by carol');
    duplex.end('still here');
    alice.process.stdin?.end();
    expect(await alice.ended).toMatchObject({ ...SUCCESS, stdout: 'still here' });
  });

  it('says in one line why there is no stream', async () => {
    const { connect, run, url } = await startWorld();
    await connect('carol');
    const folder = openSync(tmpdir(), 'r');
    expect(await failure(run({ stdin: folder }, 'pipe', 'bob', '--to', 'carol'))).toBe('stdin is a directory');
    expect(await failure(run({}, 'pipe', 'bob', '--to', 'nobody'))).toMatch(/^CLIENT_NOT_FOUND: /);
    expect(await failure(run({}, 'pipe', 'bob', '--to', 'carol'))).toMatch(/^NO_LISTENER: /);
    expect(await failure(run({}, 'pipe', 'carol'))).toMatch(/^CLIENT_ID_IN_USE: /);
    expect(await failure(p2p('pipe', '--url', url))).toMatch(/required option '--as <id>'/);
    expect(await failure(p2p('pipe', '--as', 'bob', '--url', 'http://localhost:1'))).toMatch(/^cannot reach a relay/);
  });

  it('an open that nobody answers ends after --timeout', async () => {
    const { connect, run } = await startWorld();
    const carol = await connect('carol');
    carol.onAddP2pStream({ accept: () => new Promise(() => {}) }, () => {});
    expect(await failure(run({}, 'pipe', 'bob', '--to', 'carol', '--timeout', '300'))).toMatch(/^TIMEOUT: /);
  });

  it.each([
    ['the peer is lost', 'PEER_GONE: "carol" has disconnected', (carol: TestClient) => void carol.disconnect()],
    [
      'the peer resets it',
      'STREAM_RESET: no more \\u{1b}[2J',
      (_: TestClient, duplex: Duplex) => void duplex.destroy(new Error('no\nmore \x1b[2J')),
    ],
  ])('a transfer is broken when %s: what has come is written, then it is exit code 1', async (_case, reason, end) => {
    const { connect, start } = await startWorld();
    const carol = await connect('carol');
    const alice = await start({ stdin: 'pipe' }, 'pipe', 'alice');
    const duplex = await carol.addP2pStream('alice', { metadata: { size: 100 } });
    duplex.on('error', () => {});
    duplex.write('the first half');
    await alice.says('the first half');
    end(carol, duplex);
    expect(await failure(alice)).toBe(reason);
    expect((await alice.ended).stdout).toBe('the first half');
  });

  it('a transfer is broken when the link is lost, on either side of it', async () => {
    const { server, run, start } = await startWorld();
    const alice = await start({ stdin: 'pipe' }, 'pipe', 'alice');
    const bob = run({ stdin: 'pipe' }, 'pipe', 'bob', '--to', 'alice');
    bob.process.stdin?.write('begun');
    await alice.says('begun');
    server.getSocketByClientId('bob')?.conn.close();
    expect(await failure(bob)).toMatch(/^LINK_DOWN: /);
    expect(await failure(alice)).toBe('PEER_GONE: "bob" has disconnected');
  });

  it('a process that is killed breaks the transfer of the other', async () => {
    const { run, start } = await startWorld();
    const alice = await start({ stdin: 'pipe' }, 'pipe', 'alice');
    const bob = run({ stdin: 'pipe' }, 'pipe', 'bob', '--to', 'alice');
    bob.process.stdin?.write('begun');
    await alice.says('begun');
    bob.process.kill('SIGKILL');
    expect(await failure(alice)).toBe('PEER_GONE: "bob" has disconnected');
  });

  it('a transfer is broken when nobody reads the output any more', async () => {
    const { run, start } = await startWorld();
    const alice = await start({ stdin: 'pipe' }, 'pipe', 'alice');
    const bob = run({ stdin: openSync('/dev/zero', 'r') }, 'pipe', 'bob', '--to', 'alice');
    await next(alice.process.stdout!, 'data');
    alice.process.stdout?.destroy();
    expect(await failure(alice)).toBe('cannot write to stdout: broken pipe');
    expect(await failure(bob)).toBe('STREAM_RESET: cannot write to stdout: broken pipe');
  });

  it('a transfer is not complete before the other side has written it, however small it is', async () => {
    const { run, start } = await startWorld();
    const alice = await start({ stdout: openSync('/dev/full', 'w') }, 'pipe', 'alice');
    const bob = run({ stdin: openSync(createFile('x'), 'r') }, 'pipe', 'bob', '--to', 'alice');
    expect(await failure(alice)).toBe('cannot write to stdout: no space left on device');
    expect(await failure(bob)).toMatch(/cannot write to stdout: no space left on device$/);
  });

  it('SIGINT resets the stream', async () => {
    const { run, start } = await startWorld();
    const alice = await start({ stdin: 'pipe' }, 'pipe', 'alice');
    const bob = run({ stdin: 'pipe' }, 'pipe', 'bob', '--to', 'alice');
    bob.process.stdin?.write('begun');
    await alice.says('begun');
    bob.process.kill('SIGINT');
    expect(await failure(bob)).toBe('interrupted');
    expect(await failure(alice)).toBe('STREAM_RESET: interrupted');
  });

  it('SIGINT ends waiting for a stream', async () => {
    const { connect, start } = await startWorld();
    const carol = await connect('carol');
    const alice = await start({}, 'pipe', 'alice');
    await settle(carol);
    alice.process.kill('SIGINT');
    expect(await failure(alice)).toBe('interrupted');
  });

  it('SIGINT does not wait for a reader that does not read', async () => {
    const { run, start } = await startWorld();
    const alice = await start({ stdin: 'pipe' }, 'pipe', 'alice');
    alice.process.stdout?.pause();
    const bob = run({ stdin: openSync('/dev/zero', 'r') }, 'pipe', 'bob', '--to', 'alice');
    await next(alice.process.stdout!, 'readable');
    alice.process.kill('SIGINT');
    await next(alice.process, 'exit');
    expect(alice.process.exitCode).toBe(1);
    expect(await failure(bob)).toBe('STREAM_RESET: interrupted');
  });

  it('waiting for a stream goes on after the connection was lost, and ends when it is refused', async () => {
    const { server, connect, start } = await startWorld();
    const alice = await start({}, 'pipe', 'alice');
    await settle(await connect('carol'));
    server.getSocketByClientId('alice')?.conn.close();
    await alice.says('connected again');
    server.removeClient('alice');
    expect(await alice.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('SESSION_REMOVED') });
  });
});

describe('p2p pipe at a terminal', () => {
  const atTerminal = (world: TestRelay, command: string): Run =>
    runWith({}, 'script', '-qec', `${process.execPath} ${cli} ${command} --url ${world.url}`, '/dev/null');

  it('shows its progress, and a summary at the end', async () => {
    const world = await startWorld();
    const carol = await world.connect('carol');
    const accepted = new Promise<Duplex>((resolve) => carol.onAddP2pStream({ maxWindow: 131_072 }, resolve));
    const path = createFile('');
    truncateSync(path, 20 * MIB);
    const bob = atTerminal(world, `pipe --as bob --to carol < ${path}`);
    // It cannot go on, and says so again and again.
    const bar = /^\r\S+sent {4}\d % {2}\[=* *\] {2}\S+ \S+ of 20\.0 MiB {2}\S+ \S+\/s {2}\S+ left/;
    expect(await bob.says(' left')).toMatch(bar);
    const duplex = await accepted;
    duplex.resume().end();
    const { code, stdout } = await bob.ended;
    expect(stdout.split(CLEAR).at(-1)).toMatch(/^sent {2}20\.0 MiB in \d:\d\d, \S+ \S+\/s\r\n$/);
    expect(code).toBe(0);
  });

  it('shows a failure in a line of its own', async () => {
    const world = await startWorld();
    const alice = await world.start({ stdout: 'pipe' }, 'pipe', 'alice');
    const bob = atTerminal(world, 'pipe --as bob --to alice < /dev/zero');
    await bob.says('/s');
    alice.process.stdout?.destroy();
    const { code, stdout } = await bob.ended;
    expect(stdout.split(CLEAR).at(-1)).toMatch(/^p2p: STREAM_RESET: [^\n]+\n$/);
    expect(code).toBe(1);
  });

  it('only receives where the output goes elsewhere: nobody has to end the input', async () => {
    const world = await startWorld();
    const got = createFile('');
    const alice = atTerminal(world, `pipe --as alice > ${got}`);
    await alice.says('waiting for a stream as alice');
    const bob = world.run({ stdin: openSync(createFile('hello'), 'r') }, 'pipe', 'bob', '--to', 'alice');
    expect(await bob.ended).toMatchObject({ ...SUCCESS, stdout: '' });
    expect((await alice.ended).code).toBe(0);
    expect(readFileSync(got, 'utf8')).toBe('hello');
  });
});

describe('p2p send-file and p2p receive', () => {
  async function startReceiver(...args: string[]) {
    const world = await startWorld();
    const folder = createFolder();
    const alice = world.run({}, 'receive', 'alice', '--dir', folder, ...args);
    await alice.says('receiving as alice');
    return {
      ...world,
      folder,
      alice,
      content: (name: string) => readFileSync(join(folder, name)),
      send: (path: string, as = 'bob') => world.run({}, 'send-file', as, '--to', 'alice', path),
      /** A sender that need not be honest. */
      offer: async (metadata: unknown): Promise<Duplex> => {
        const eve = await world.connect('eve');
        const duplex = await eve.addP2pStream('alice', { metadata }).finally(() => {
          onTestFinished(() => void eve.disconnect());
        });
        return duplex.on('error', () => {});
      },
    };
  }

  it('a file arrives with its name, and both sides say so', async () => {
    const { alice, send, content } = await startReceiver();
    const sent = randomBytes(3 * MIB + 17);
    expect(await send(createFile(sent, 'two words.bin')).ended).toEqual({
      code: 0,
      stdout: '',
      stderr: 'p2p: alice has received "two words.bin" (3.0 MiB)\n',
    });
    expect(content('two words.bin').equals(sent)).toBe(true);
    expect(await send(createFile('', 'empty')).ended).toMatchObject({ code: 0 });
    alice.process.kill('SIGINT');
    expect(await alice.ended).toMatchObject({
      code: 0,
      stdout: `bob "two words.bin" ${sent.length} ${sha256(sent).toString('hex')}\nbob empty 0 ${sha256('').toString('hex')}\n`,
      stderr: expect.stringMatching(/^p2p: receiving as alice on http\S+\n$/),
    });
  });

  it('many senders are served at once', async () => {
    const { send, folder, content } = await startReceiver();
    const files = Array.from({ length: 6 }, (_, n) => ({ name: `${n}.bin`, bytes: randomBytes(MIB + n) }));
    const senders = files.map(({ name, bytes }, n) => send(createFile(bytes, name), `sender-${n}`));
    for (const { ended } of senders) expect(await ended).toMatchObject({ code: 0 });
    expect(readdirSync(folder).sort()).toEqual(files.map(({ name }) => name));
    for (const { name, bytes } of files) expect(content(name).equals(bytes)).toBe(true);
  });

  it('a peer cannot lead a file out of the folder by its name, hide it, or disguise it', async () => {
    const { connect, folder, alice } = await startReceiver();
    const eve = await connect('eve');
    const ways = ['', '.', '..', '../evil', '/etc/evil', 'a/b', 'a\\b', 'C:evil', '..\\evil', '.bashrc'];
    const invisible = ['nul\0', 'bell\x07', 'line\nbreak', 'cod\u202Eexe.txt', 'broken\ud800'];
    for (const name of [...ways, ...invisible, 7, null, ['x'], { toString: 'x' }, undefined]) {
      const offer = eve.addP2pStream('alice', { metadata: { kind: 'file', name, size: 1 } });
      expect([name, await codeOf(offer)]).toEqual([name, 'STREAM_REFUSED']);
    }
    expect(await codeOf(eve.addP2pStream('alice', { metadata: { kind: 'file', name: 'ok…🙂 .x', size: 1 } }))).toBe(
      'no error',
    );
    expect(await alice.says('refused')).toMatch(/^(p2p: [\x20-\x7e]+\n)+$/);
    await expect.poll(() => readdirSync(folder)).toHaveLength(1);
  });

  it('a file has a size in bytes, and other streams are refused', async () => {
    const { connect } = await startReceiver();
    const eve = await connect('eve');
    for (const size of [undefined, -1, 1.5, 2 ** 53, Number.POSITIVE_INFINITY, '1', null]) {
      const offer = eve.addP2pStream('alice', { metadata: { kind: 'file', name: 'x', size } });
      expect([size, await codeOf(offer)]).toEqual([size, 'STREAM_REFUSED']);
    }
    for (const metadata of [undefined, null, 'file', ['file'], { kind: 'pipe', size: 1 }, { name: 'x', size: 1 }]) {
      await expect(eve.addP2pStream('alice', { metadata })).rejects.toMatchObject({
        message: 'This is p2p receive, which takes nothing but files from p2p send-file',
      });
    }
    expect(await codeOf(eve.addP2pStream('alice', { objectMode: true }))).toBe('STREAM_REFUSED');
  });

  it('a file that is there already stays, except with --force', async () => {
    const careful = await startReceiver();
    writeFileSync(join(careful.folder, 'file.bin'), 'old');
    expect(await failure(careful.send(createFile('new')))).toBe('STREAM_REFUSED: There is a file of that name already');
    await careful.alice.says('p2p: refused file.bin from bob: There is a file of that name already\n');
    expect(careful.content('file.bin').toString()).toBe('old');

    const forced = await startReceiver('--force');
    writeFileSync(join(forced.folder, 'file.bin'), 'old');
    mkdirSync(join(forced.folder, 'folder'));
    expect(await forced.send(createFile('new')).ended).toMatchObject({ code: 0 });
    expect(forced.content('file.bin').toString()).toBe('new');
    expect(await failure(forced.send(createFile('new', 'folder')))).toMatch(/There is a folder of that name$/);
    const long = { kind: 'file', name: 'x'.repeat(300), size: 1 };
    await expect(forced.offer(long)).rejects.toMatchObject({ message: 'The file cannot be written: name too long' });
  });

  it('a link that leads out of the folder is not followed', async () => {
    const { folder, send } = await startReceiver('--force');
    const outside = createFile('outside');
    symlinkSync(outside, join(folder, 'file.bin'));
    expect(await send(createFile('new')).ended).toMatchObject({ code: 0 });
    expect(readFileSync(outside, 'utf8')).toBe('outside');
    expect(readFileSync(join(folder, 'file.bin'), 'utf8')).toBe('new');
  });

  it('a file that has come meanwhile stays', async () => {
    const { folder, offer, content, alice } = await startReceiver();
    const duplex = await offer({ kind: 'file', name: 'x', size: 3 });
    writeFileSync(join(folder, 'x'), 'old');
    duplex.end(Buffer.concat([Buffer.from('new'), sha256('new')]));
    expect(await endOf(duplex)).toBe('STREAM_RESET: There is a file of that name already');
    await alice.says('x from eve: There is a file of that name already');
    expect(content('x').toString()).toBe('old');
    expect(readdirSync(folder)).toEqual(['x']);
  });

  it('one name is received once at a time', async () => {
    const { connect } = await startReceiver();
    const eve = await connect('eve');
    const offers = [1, 2].map((size) => eve.addP2pStream('alice', { metadata: { kind: 'file', name: 'x', size } }));
    const refusals = offers.map((offer) => offer.then(endOf, (error) => `${error.code}: ${error.message}`));
    expect(await Promise.race(refusals)).toMatch(
      /^STREAM_(REFUSED|RESET): A file of that name is just being received$/,
    );
  });

  it.each([
    ['fewer bytes than announced', 'new', 4, 'Fewer bytes have come than the 4 announced'],
    ['more bytes than announced', 'newer', 3, 'More bytes have come than the 3 announced'],
    ['no checksum', '', 0, 'Fewer bytes have come than the 0 announced', Buffer.alloc(0)],
    ['a wrong checksum', 'new', 3, 'The checksum is wrong', sha256('old')],
  ])(
    '%s: nothing is left, both sides learn why, and others are served',
    async (_case, body, size, reason, sum = sha256(body)) => {
      const { folder, offer, send, alice } = await startReceiver();
      const duplex = await offer({ kind: 'file', name: 'x', size });
      duplex.end(Buffer.concat([Buffer.from(body), sum]));
      expect(await endOf(duplex)).toBe(`STREAM_RESET: ${reason}`);
      await alice.says(`x from eve: ${reason}`);
      expect(readdirSync(folder)).toEqual([]);
      expect(await send(createFile('good', 'x')).ended).toMatchObject({ code: 0 });
    },
  );

  it('a sender that is lost leaves nothing', async () => {
    const { folder, alice, offer, server } = await startReceiver();
    const duplex = await offer({ kind: 'file', name: 'x', size: 10 });
    duplex.write('half');
    await expect.poll(() => readdirSync(folder)).toHaveLength(1);
    server.removeClient('eve');
    await alice.says('x from eve: PEER_GONE');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('a disk that is full is told to both sides', async () => {
    const world = await startWorld();
    const folder = createFolder();
    const limited = `trap '' XFSZ; ulimit -f 64; exec "$@"`;
    const args = ['receive', '--as', 'alice', '--url', world.url, '--dir', folder];
    const alice = runWith({}, 'bash', '-c', limited, 'bash', process.execPath, cli, ...args);
    await reachable(world, 'alice');
    const bob = world.run({}, 'send-file', 'bob', '--to', 'alice', createFile(randomBytes(MIB)));
    expect(await failure(bob)).toBe('STREAM_RESET: The file cannot be written: file too large');
    await alice.says('file.bin from bob: The file cannot be written: file too large');
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['grows', 30 * MIB, 'The file has grown while it was sent'],
    ['shrinks', MIB, 'The file has become shorter while it was sent'],
  ])('a file that %s while it is sent is not sent', async (_case, size, reason) => {
    const { connect, run } = await startWorld();
    const carol = await connect('carol');
    const path = createFile(Buffer.alloc(20 * MIB));
    const outcome = new Promise<string>((resolve) => {
      carol.onAddP2pStream({ maxWindow: 131_072 }, async (duplex) => {
        truncateSync(path, size);
        resolve(endOf(duplex));
      });
    });
    expect(await failure(run({}, 'send-file', 'bob', '--to', 'carol', path))).toBe(reason);
    expect(await outcome).toBe(`STREAM_RESET: ${reason}`);
  });

  it.each([
    ['nothing', ''],
    ['another checksum', sha256('other')],
    ['too much', Buffer.alloc(MIB)],
  ])('a receiver that answers %s has not confirmed', async (_case, answer) => {
    const { connect, run } = await startWorld();
    const carol = await connect('carol');
    carol.onAddP2pStream(
      (duplex) =>
        void duplex
          .on('error', () => {})
          .resume()
          .end(answer),
    );
    expect(await failure(run({}, 'send-file', 'bob', '--to', 'carol', createFile('x')))).toBe(
      'The receiver has ended without a confirmation',
    );
  });

  it('SIGINT breaks off what is received, and leaves nothing of it', async () => {
    const { folder, alice, offer } = await startReceiver();
    const duplex = await offer({ kind: 'file', name: 'x', size: 10 });
    duplex.write('half');
    await expect.poll(() => readdirSync(folder)).toHaveLength(1);
    alice.process.kill('SIGINT');
    expect(await endOf(duplex)).toBe('STREAM_RESET: interrupted');
    expect(await alice.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('x from eve: interrupted\n') });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('SIGINT breaks off what is sent', async () => {
    const { connect, run } = await startWorld();
    const carol = await connect('carol');
    const accepted = nextStream(carol);
    const bob = run({}, 'send-file', 'bob', '--to', 'carol', createFile(Buffer.alloc(40 * MIB)));
    const duplex = await accepted;
    await next(duplex, 'readable');
    bob.process.kill('SIGINT');
    expect(await endOf(duplex)).toBe('STREAM_RESET: interrupted');
    expect(await failure(bob)).toBe('interrupted');
  });

  it('with --once the exit code is that of the one file', async () => {
    const good = await startReceiver('--once');
    const first = await good.offer({ kind: 'file', name: 'x', size: 3 });
    expect(await failure(good.send(createFile('x')))).toBe('STREAM_REFUSED: One file only is taken here');
    first.end(Buffer.concat([Buffer.from('new'), sha256('new')]));
    expect((await buffer(first)).equals(sha256('new'))).toBe(true);
    expect(await good.alice.ended).toMatchObject({ code: 0 });

    const bad = await startReceiver('--once');
    (await bad.offer({ kind: 'file', name: 'x', size: 3 })).end('x');
    expect(await bad.alice.ended).toMatchObject({ code: 1, stdout: '' });
  });

  it('what cannot be sent or received is said in one line', async () => {
    const { run, url } = await startWorld();
    const send = (path: string, to = 'nobody') => failure(run({}, 'send-file', 'bob', '--to', to, path));
    const folder = createFolder();
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    expect(await send(createFile('x'))).toMatch(/^CLIENT_NOT_FOUND: /);
    expect(await send(join(folder, 'missing'))).toMatch(/^cannot read \S+missing: no such file or directory$/);
    expect(await send(folder)).toMatch(/ is no regular file$/);
    expect(await send(join(folder, 'fifo'))).toMatch(/ is no regular file: p2p pipe sends other things$/);
    expect(await failure(p2p('send-file', createFile('x'), '--as', 'bob', '--url', url))).toMatch(
      /required option '--to/,
    );
    const receive = (dir: string) => failure(run({}, 'receive', 'alice', '--dir', dir));
    expect(await receive(join(folder, 'missing'))).toMatch(/^cannot write to \S+missing: no such file or directory$/);
    expect(await receive(createFile('x'))).toMatch(/ is no folder$/);
  });

  it('receiving goes on after the connection was lost, and ends when it is refused', async () => {
    const { server, alice, send } = await startReceiver();
    server.getSocketByClientId('alice')?.conn.close();
    await alice.says('connected again');
    expect(await send(createFile('x')).ended).toMatchObject({ code: 0 });
    server.removeClient('alice');
    expect(await alice.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('SESSION_REMOVED') });
  });
});
