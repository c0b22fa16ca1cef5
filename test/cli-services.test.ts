import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { z } from 'zod';
import { P2PError } from '../src/protocol/p2p-error.js';
import { defineService, rpc } from '../src/protocol/service-contract.js';
import type { ServiceCall } from '../src/protocol/typed-services.js';
import { p2p, p2pWith, type Run, type Streams } from './support/p2p-process.js';
import { next, startRelay, type TestRelay } from './support/relay.js';

/** A relay, and `p2p` as clients of it. */
async function startWorld() {
  const relay = await startRelay();
  return {
    ...relay,
    run: (...args: string[]) => p2pWith({}, ...args, '--url', relay.url),
    runWith: (streams: Streams, ...args: string[]) => p2pWith(streams, ...args, '--url', relay.url),
  };
}

/** The same, with a service in this process. */
async function startService() {
  const world = await startWorld();
  return { ...world, shop: await world.connect('shop', {}, { isService: true }) };
}

/** It ends with 1, and says why in one line. */
async function failure(run: Run): Promise<string> {
  const { code, stderr } = await run.ended;
  expect(stderr).toMatch(/^p2p: [^\n]+\n$/);
  expect(code).toBe(1);
  return stderr.slice('p2p: '.length, -1);
}

/** Its last line on stderr, after 1. */
async function lastWords(run: Run): Promise<string | undefined> {
  const { code, stderr } = await run.ended;
  expect(code).toBe(1);
  return stderr.trimEnd().split('\n').at(-1);
}

/** A descriptor of a file with this content. */
function fileWith(content: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'p2p-cli-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'lines');
  writeFileSync(path, content);
  return openSync(path, 'r');
}

/** A promise, and what resolves it. */
function signalled<T = void>(): { readonly seen: Promise<T>; readonly tell: (value: T) => void } {
  let tell: (value: T) => void = () => {};
  const seen = new Promise<T>((resolve) => {
    tell = resolve;
  });
  return { seen, tell };
}

/** Resolves to the code with which a call is broken off. */
function brokenOff({ signal }: ServiceCall): Promise<string> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(signal.reason.code)));
}

/** Only guards against a hang. */
const PATIENT = { timeout: 20_000 };

const SUCCESS = { code: 0, stderr: '' };

describe('p2p call', () => {
  it('prints what the API answers, one JSON value a line', async () => {
    const { shop, run } = await startService();
    shop.provideService('add', (a: number, b: number) => a + b);
    shop.provideService('echo', async (value: unknown) => value);
    shop.provideService('ack', (ack: (...results: unknown[]) => void) => ack('a', { b: '\x1b' }));
    shop.provideService('nothing', () => undefined);
    const call = (...args: string[]) => run('call', '--as', 'bob', 'shop', ...args).ended;
    expect(await call('add', '2', '3')).toEqual({ ...SUCCESS, stdout: '5\n' });
    expect(await call('echo', '{"n":[null]}')).toEqual({ ...SUCCESS, stdout: '{"n":[null]}\n' });
    expect(await call('echo', '"-"')).toEqual({ ...SUCCESS, stdout: '"-"\n' });
    expect(await call('ack')).toEqual({ ...SUCCESS, stdout: '"a"\n{"b":"\\u001b"}\n' });
    expect(await call('nothing')).toEqual({ ...SUCCESS, stdout: '' });
  });

  it('prints each item that the API yields as it comes, until it is done', async () => {
    const { shop, run } = await startService();
    const goOn = signalled();
    shop.provideService('count', async function* (last: number) {
      yield 1;
      await goOn.seen;
      yield undefined;
      yield last;
    });
    const bob = run('call', '--as', 'bob', 'shop', 'count', '7');
    await bob.says('1\n');
    goOn.tell();
    expect(await bob.ended).toEqual({ ...SUCCESS, stdout: '1\n7\n' });
  });

  it('SIGINT stops the generator on the other side', async () => {
    const { shop, run } = await startService();
    const stopped = signalled<string>();
    shop.provideService('watch', async function* (this: ServiceCall) {
      yield 'begun';
      stopped.tell(await brokenOff(this));
    });
    const bob = run('call', '--as', 'bob', 'shop', 'watch');
    await bob.says('"begun"\n');
    bob.process.kill('SIGINT');
    expect(await stopped.seen).toBe('ABORTED');
    expect(await failure(bob)).toBe('interrupted');
  });

  it('SIGINT calls off what is not answered yet', async () => {
    const { shop, run } = await startService();
    const [called, stopped] = [signalled(), signalled<string>()];
    shop.provideService('wait', async function (this: ServiceCall) {
      const broken = brokenOff(this);
      called.tell();
      stopped.tell(await broken);
    });
    const bob = run('call', '--as', 'bob', 'shop', 'wait');
    await called.seen;
    bob.process.kill('SIGINT');
    expect(await stopped.seen).toBe('ABORTED');
    expect(await failure(bob)).toBe('interrupted');
  });

  it('a closed stdout stops the generator, and is no failure', async () => {
    const { shop, run } = await startService();
    const [goOn, stopped] = [signalled(), signalled()];
    shop.provideService('watch', async function* () {
      try {
        yield 'begun';
        await goOn.seen;
        for (;;) yield 'more';
      } finally {
        stopped.tell();
      }
    });
    const bob = run('call', '--as', 'bob', 'shop', 'watch');
    await bob.says('"begun"\n');
    bob.process.stdout?.destroy();
    goOn.tell();
    await stopped.seen;
    expect(await bob.ended).toEqual({ ...SUCCESS, stdout: '"begun"\n' });
  });

  it('a reader that does not read slows the generator down, and does not keep SIGINT waiting', async () => {
    const { shop, run } = await startService();
    const stopped = signalled();
    let yielded = 0;
    shop.provideService('flood', async function* () {
      try {
        for (; ; yielded++) yield 'x'.repeat(10_000);
      } finally {
        stopped.tell();
      }
    });
    const bob = run('call', '--as', 'bob', 'shop', 'flood');
    bob.process.stdout?.pause();
    await next(bob.process.stdout!, 'readable');
    bob.process.kill('SIGINT');
    await stopped.seen;
    await next(bob.process, 'exit');
    expect(bob.process.exitCode).toBe(1);
    // What fits into the windows and pipes between the two.
    expect(yielded * 10_000).toBeLessThan(40_000_000);
  });

  it('--items sends the lines of stdin as they come, while items come back', async () => {
    const { shop, runWith } = await startService();
    shop.provideService('times', async function* (factor: number, numbers: AsyncIterable<number>) {
      for await (const number of numbers) yield number * factor;
    });
    const bob = runWith({ stdin: 'pipe' }, 'call', '--as', 'bob', 'shop', 'times', '10', '--items');
    bob.process.stdin?.write('1\n');
    await bob.says('10\n');
    bob.process.stdin?.write('\n2\n3');
    await bob.says('20\n');
    bob.process.stdin?.end('3');
    expect(await bob.ended).toEqual({ ...SUCCESS, stdout: '10\n20\n330\n' });
  });

  it('--items is for an API that answers with one value too, which ends the call with stdin open', async () => {
    const { shop, runWith } = await startService();
    shop.provideService('collect', async (most: number, items: AsyncIterable<unknown>) => {
      const collected: unknown[] = [];
      for await (const item of items) if (collected.push(item) === most) break;
      return collected;
    });
    const collect = (streams: Streams, most: string) =>
      runWith(streams, 'call', '--as', 'bob', 'shop', 'collect', most, '--items');
    const all = collect({ stdin: fileWith('"ä"\r\nnull\n{"a":1}\n') }, '9');
    expect(await all.ended).toEqual({ ...SUCCESS, stdout: '["ä",null,{"a":1}]\n' });
    expect(await collect({}, '9').ended).toEqual({ ...SUCCESS, stdout: '[]\n' });
    const some = collect({ stdin: 'pipe' }, '1');
    some.process.stdin?.write('7\n8\n');
    expect(await some.ended).toEqual({ ...SUCCESS, stdout: '[7]\n' });
  });

  it('a line that is no JSON breaks the call off, and both sides learn which', async () => {
    const { shop, runWith } = await startService();
    const heard = signalled<unknown>();
    shop.provideService('collect', async (items: AsyncIterable<unknown>) => {
      try {
        for await (const _ of items);
      } catch (error) {
        heard.tell(error);
        throw error;
      }
    });
    const bob = runWith({ stdin: fileWith('1\n\nhello\n') }, 'call', '--as', 'bob', 'shop', 'collect', '--items');
    const reason = /^line 3 of stdin is not JSON: /;
    expect(await failure(bob)).toMatch(reason);
    expect(await heard.seen).toMatchObject({ code: 'STREAM_RESET', message: expect.stringMatching(reason) });
  });

  it('SIGINT ends a call that waits for stdin', async () => {
    const { shop, runWith } = await startService();
    const heard = signalled();
    shop.provideService('collect', async (items: AsyncIterable<unknown>) => {
      for await (const _ of items) heard.tell();
    });
    const bob = runWith({ stdin: 'pipe' }, 'call', '--as', 'bob', 'shop', 'collect', '--items');
    bob.process.stdin?.write('1\n');
    await heard.seen;
    bob.process.kill('SIGINT');
    expect(await failure(bob)).toBe('interrupted');
  });

  it('ends when the service leaves in the middle', async () => {
    const { shop, run } = await startService();
    shop.provideService('watch', async function* (this: ServiceCall) {
      yield 'begun';
      await brokenOff(this);
    });
    const bob = run('call', '--as', 'bob', 'shop', 'watch');
    await bob.says('"begun"\n');
    shop.disconnect();
    expect(await failure(bob)).toBe('PEER_GONE: "shop" has disconnected');
    expect((await bob.ended).stdout).toBe('"begun"\n');
  });

  it('says what a contract finds wrong, and what its errors carry', async () => {
    const { shop, run } = await startService();
    const sell = rpc({ input: z.object({ n: z.number() }), errors: { soldOut: z.object({ left: z.number() }) } });
    shop.provideService(defineService('shop', { sell }), {
      sell: (_input, { error }) => {
        throw error('soldOut', { left: 2 });
      },
    });
    const call = (input: string) => failure(run('call', '--as', 'bob', 'shop', 'sell', input));
    expect(await call('{"n":"x"}')).toMatch(/^INPUT_INVALID: The input of "sell" is not as declared \{.*"n".*\}$/);
    expect(await call('{"n":3}')).toBe(
      'SERVICE_ERROR: "sell" failed with soldOut {"error":"soldOut","data":{"left":2}}',
    );
  });

  it('says in one line what is wrong', async () => {
    const { shop, run, runWith, connect } = await startService();
    await connect('alice');
    shop.provideService('fail', () => {
      throw new Error('a secret');
    });
    shop.provideService('refuse', () => {
      throw new P2PError('QUEUE_FULL', 'come back \x1b[2J\nlater');
    });
    shop.provideService('hang', () => new Promise(() => {}));
    const call = (...args: string[]) => failure(run('call', '--as', 'bob', ...args));
    expect(await call('nobody', 'x')).toBe('CLIENT_NOT_FOUND: No client "nobody" is connected');
    expect(await call('alice', 'x')).toMatch(/^API_NOT_FOUND: /);
    expect(await call('shop', 'x')).toBe('API_NOT_FOUND: "shop" has no API "x"');
    expect(await call('shop', 'x', '--items')).toBe('API_NOT_FOUND: "shop" has no API "x"');
    expect(await call('shop', 'fail')).toBe('HANDLER_FAILED: The handler of "fail" failed');
    expect(await call('shop', 'refuse')).toBe('QUEUE_FULL: come back \\u{1b}[2J later');
    expect(await call('shop', 'hang', '--timeout', '300')).toMatch(/^TIMEOUT: /);
    expect(await call('shop', 'x', 'hi')).toBe(`hi is not JSON; a string needs quotes of its own: '"hi"'`);
    expect(await failure(run('call', '--as', 'alice', 'shop', 'fail'))).toMatch(/^CLIENT_ID_IN_USE: /);
    expect(await failure(run('call', 'shop', 'fail'))).toMatch(/required option '--as <id>'/);
    const folder = runWith({ stdin: openSync(tmpdir(), 'r') }, 'call', '--as', 'bob', 'shop', 'x', '--items');
    expect(await failure(folder)).toBe('stdin is a directory');
  });
});

describe('p2p subscribe', () => {
  it('prints publications, those that are retained first, until SIGINT', async () => {
    const { shop, run, server } = await startService();
    shop.createTopic('news', { retain: 1 });
    await shop.publishTopic('news', 'old');
    await shop.publishTopic('news', { kept: 1 });
    const reader = run('subscribe', 'shop', 'news', '--as', 'reader');
    await reader.says('{"kept":1}\n');
    expect(server.getSocketByClientId('reader')).toBeDefined();
    await shop.publishTopic('news');
    await shop.publishTopic('news', [2]);
    await reader.says('[2]\n');
    reader.process.kill('SIGINT');
    expect(await reader.ended).toEqual({
      code: 0,
      stdout: '{"kept":1}\n[2]\n',
      stderr: expect.stringMatching(/^p2p: subscribed to news of shop on http\S+\n$/),
    });
  });

  it('needs no id, and any number can run at once', async () => {
    const { shop, run } = await startService();
    shop.createTopic('news', { retain: 1 });
    await shop.publishTopic('news', 1);
    const readers = [run('subscribe', 'shop', 'news'), run('subscribe', 'shop', 'news')];
    for (const reader of readers) await reader.says('1\n');
  });

  it('says how many publications a slow reader has missed', async () => {
    const { shop, run } = await startService();
    shop.createTopic('news');
    const reader = run('subscribe', 'shop', 'news', '--as', 'reader');
    await reader.says('subscribed to news');
    reader.process.stdout?.pause();
    const big = 'x'.repeat(600_000);
    await shop.publishTopic('news', big);
    for (let n = 0; n < 1_003; n++) await shop.publishTopic('news', n);
    // Afterwards everything has come to the reader, in two steps: from here to the relay, and from there.
    await shop.isClientConnected('reader');
    await expect(shop.emitToWithAck('reader', 'x')).rejects.toMatchObject({ code: 'NO_LISTENER' });
    reader.process.stdout?.resume();
    await reader.says('publications missed: 3\n');
    await reader.says('\n1002\n');
    expect(reader.bytes.toString()).toMatch(/^"x{600000}"\n3\n4\n/);
  });

  it('says when it is interrupted, and goes on', async () => {
    const { shop, run, server } = await startService();
    shop.createTopic('news');
    const reader = run('subscribe', 'shop', 'news', '--as', 'reader');
    await reader.says('subscribed to news');
    server.getSocketByClientId('reader')?.conn.close();
    await reader.says('p2p: interrupted');
    await reader.says('p2p: resumed\n');
    await shop.publishTopic('news', 'again');
    await reader.says('"again"\n');
  });

  it.each([
    ['the service ends the topic', 'TOPIC_DESTROYED', ({ shop }: Service) => shop.destroyTopic('news')],
    ['the service leaves', 'PEER_GONE', ({ shop }: Service) => void shop.disconnect()],
    ['the relay removes the client', 'SESSION_REMOVED', ({ server }: Service) => server.removeClient('reader')],
  ])('ends with 1 when %s', async (_case, code, end) => {
    const service = await startService();
    service.shop.createTopic('news');
    const reader = service.run('subscribe', 'shop', 'news', '--as', 'reader');
    await reader.says('subscribed to news');
    end(service);
    expect(await lastWords(reader)).toMatch(new RegExp(`^p2p: ${code}: `));
  });

  it('says in one line why there is no subscription', async () => {
    const { shop, run, connect } = await startService();
    await connect('alice');
    shop.createTopic('closed', { accept: ({ from }) => `no ${from} here` });
    const subscribe = (...args: string[]) => failure(run('subscribe', ...args));
    expect(await subscribe('shop', 'closed', '--as', 'bob')).toBe('SUBSCRIPTION_REFUSED: no bob here');
    expect(await subscribe('shop', 'x')).toMatch(/^TOPIC_NOT_FOUND: /);
    expect(await subscribe('nobody', 'x')).toMatch(/^CLIENT_NOT_FOUND: /);
    expect(await subscribe('shop', '')).toMatch(/^INVALID_ARGUMENT: /);
    expect(await subscribe('shop', 'closed', '--as', 'alice')).toMatch(/^CLIENT_ID_IN_USE: /);
    const nowhere = p2p('subscribe', 'shop', 'closed', '--url', 'http://localhost:1');
    expect(await failure(nowhere)).toMatch(/^cannot reach a relay/);
  });
});

type Service = Awaited<ReturnType<typeof startService>>;

/** The next publications on a topic of a service that is there, or comes. */
async function publications({ connect, server }: TestRelay, service: string, topic: string) {
  await expect.poll(() => server.getSocketByClientId(service), PATIENT).toBeDefined();
  const reader = await connect(`reader of ${service}`);
  const heard: unknown[] = [];
  const subscription = reader.subscribeTopic(service, topic, (value) => heard.push(value));
  await subscription.ready;
  return { heard, subscription };
}

describe('p2p publish', () => {
  it('keeps one value for late subscribers, until SIGINT', async () => {
    const { run } = await startWorld();
    const weather = run('publish', '--as', 'weather', 'today', '{"rain":true}');
    await weather.says('p2p: publishing today as weather on http');
    const reader = run('subscribe', 'weather', 'today');
    await reader.says('{"rain":true}\n');
    weather.process.kill('SIGINT');
    expect(await weather.ended).toMatchObject({ code: 0, stdout: '' });
    expect(await lastWords(reader)).toBe('p2p: PEER_GONE: "weather" has disconnected');
  });

  it('publishes the lines of stdin as they come, and stays after the last', async () => {
    const world = await startWorld();
    const weather = world.runWith({ stdin: 'pipe' }, 'publish', '--as', 'weather', 'today', '--retain', '2');
    const early = await publications(world, 'weather', 'today');
    weather.process.stdin?.write('1\n"two"\n');
    await expect.poll(() => early.heard, PATIENT).toEqual([1, 'two']);
    weather.process.stdin?.end('\n{"n":3}');
    await expect.poll(() => early.heard, PATIENT).toEqual([1, 'two', { n: 3 }]);
    const late = world.run('subscribe', 'weather', 'today');
    await late.says('"two"\n{"n":3}\n');
    weather.process.kill('SIGTERM');
    expect(await weather.ended).toMatchObject({ code: 0 });
    expect((await late.ended).stdout).toBe('"two"\n{"n":3}\n');
  });

  it('--exit ends it with stdin, when subscribers have got everything', async () => {
    const { run, runWith } = await startWorld();
    const counter = runWith({ stdin: 'pipe' }, 'publish', '--as', 'counter', 'numbers', '--exit');
    await counter.says('publishing');
    const reader = run('subscribe', 'counter', 'numbers');
    await reader.says('subscribed');
    const lines = Array.from({ length: 3_000 }, (_, n) => `${n}\n`).join('');
    counter.process.stdin?.end(lines);
    expect(await counter.ended).toMatchObject({ code: 0 });
    expect(await reader.ended).toMatchObject({ code: 1, stdout: lines });
  });

  it('leaves a subscriber behind that takes longer than --timeout', async () => {
    const { run, runWith } = await startWorld();
    const args = ['--as', 'counter', 'numbers', '--exit', '--timeout', '2000'];
    const counter = runWith({ stdin: 'pipe' }, 'publish', ...args);
    await counter.says('publishing');
    const stuck = run('subscribe', 'counter', 'numbers');
    await stuck.says('subscribed');
    stuck.process.kill('SIGSTOP');
    const line = `${JSON.stringify('x'.repeat(500_000))}\n`;
    // More than sockets hold.
    counter.process.stdin?.end(line.repeat(60));
    expect(await counter.ended).toMatchObject({ code: 0 });
    stuck.process.kill('SIGCONT');
    expect(await lastWords(stuck)).toMatch(/^p2p: SUBSCRIBER_TOO_SLOW: /);
  });

  it('goes on after the connection was lost', async () => {
    const world = await startWorld();
    const weather = world.runWith({ stdin: 'pipe' }, 'publish', '--as', 'weather', 'today');
    await weather.says('publishing');
    world.server.getSocketByClientId('weather')?.conn.close();
    await weather.says('connected again');
    const { heard } = await publications(world, 'weather', 'today');
    weather.process.stdin?.write('1\n');
    await expect.poll(() => heard, PATIENT).toEqual([1]);
  });

  it('a publication that is lost with the connection is told, and does not end it', async () => {
    const world = await startWorld();
    world.server.on('connection', (socket) => {
      socket.conn.on('data', (data: unknown) => String(data).includes('lost') && socket.conn.close());
    });
    const weather = world.runWith({ stdin: 'pipe' }, 'publish', '--as', 'weather', 'today');
    await publications(world, 'weather', 'today');
    weather.process.stdin?.write('"lost"\n');
    await weather.says('p2p: LINK_DOWN: ');
    await weather.says('connected again');
    weather.process.stdin?.write('"kept"\n');
    const reader = world.run('subscribe', 'weather', 'today');
    await reader.says('"kept"\n');
  });

  it('ends at a line that is no JSON, and names it', async () => {
    const world = await startWorld();
    const weather = world.runWith({ stdin: 'pipe' }, 'publish', '--as', 'weather', 'today');
    const { heard, subscription } = await publications(world, 'weather', 'today');
    weather.process.stdin?.write('1\n2\nthree\n4\n');
    expect(await lastWords(weather)).toMatch(/^p2p: line 3 of stdin is not JSON: /);
    expect((await subscription.ended)?.code).toBe('PEER_GONE');
    expect(heard).toEqual([1, 2]);
  });

  it('a value that is too large ends it', async () => {
    const { runWith } = await startWorld();
    const stdin = fileWith(JSON.stringify('x'.repeat(2_000_000)));
    expect(await lastWords(runWith({ stdin }, 'publish', '--as', 'weather', 'today'))).toMatch(/PAYLOAD_TOO_LARGE: /);
  });

  it('says in one line what is wrong', async () => {
    const { run, runWith } = await startService();
    const publish = (...args: string[]) => failure(run('publish', ...args));
    expect(await publish('--as', 'shop', 'news', '1')).toMatch(/^CLIENT_ID_IN_USE: /);
    expect(await publish('--as', 'bob', 'news', 'hi')).toBe(`hi is not JSON; a string needs quotes of its own: '"hi"'`);
    expect(await publish('--as', 'bob', '', '1')).toMatch(/^INVALID_ARGUMENT: /);
    expect(await publish('--as', 'bob', 'news', '1', '--exit')).toMatch(/^--exit is for values from stdin/);
    expect(await publish('--as', 'bob', 'news', '--retain', '1001')).toMatch(/whole number from 0 to 1000/);
    expect(await publish('news', '1')).toMatch(/required option '--as <id>'/);
    const folder = runWith({ stdin: openSync(tmpdir(), 'r') }, 'publish', '--as', 'bob', 'news');
    expect(await failure(folder)).toBe('stdin is a directory');
  });
});

describe('p2p services', () => {
  it('lists the services, sorted, and no other clients', async () => {
    const { run, connect } = await startWorld();
    expect(await run('services').ended).toEqual({ ...SUCCESS, stdout: '' });
    for (const name of ['shop', 'bank', 'two words']) await connect(name, {}, { isService: true });
    await connect('alice');
    expect(await run('services').ended).toEqual({ ...SUCCESS, stdout: 'bank\nshop\n"two words"\n' });
    expect(await run('services', '--json').ended).toEqual({ ...SUCCESS, stdout: '["bank","shop","two words"]\n' });
  });

  it('prints what one offers, and how it does', async () => {
    const { shop, run, connect } = await startService();
    expect(await run('services', 'shop').ended).toEqual({ ...SUCCESS, stdout: '' });
    shop.provideService('add', (a: number, b: number) => a + b);
    shop.provideService('bad\nname', () => {});
    shop.createTopic('news', { retain: 1 });
    await shop.publishTopic('news', 1);
    const alice = await connect('alice');
    await alice.subscribeTopic('shop', 'news').ready;
    await alice.callService('shop', 'add', 1, 2);
    const { code, stdout } = await run('services', 'shop').ended;
    expect(code).toBe(0);
    expect(stdout.replace(/\d+\.\d ms/, 'TIME')).toBe(
      [
        'api add: calls 1, active 0, errors 0, mean time TIME',
        'api "bad\\nname": calls 0, active 0, errors 0, mean time 0.0 ms',
        'topic news: subscribers 1, publications 1, retained 1',
        '',
      ].join('\n'),
    );
    const described = await run('services', 'shop', '--json').ended;
    expect(JSON.parse(described.stdout)).toEqual(await alice.describeService('shop'));
  });

  it('says in one line what is wrong', async () => {
    const { run, connect } = await startWorld();
    await connect('alice');
    expect(await failure(run('services', 'nobody'))).toMatch(/^CLIENT_NOT_FOUND: /);
    expect(await failure(run('services', 'alice'))).toMatch(/^API_NOT_FOUND: /);
    expect(await failure(p2p('services', '--url', 'nowhere'))).toMatch(/is no address/);
  });
});

describe('the output of p2p', () => {
  it.each([
    ['listen', async ({ shop }: Service) => void shop.emitTo('reader', 'x')],
    ['subscribe', async ({ shop }: Service) => void (await shop.publishTopic('news', 1))],
  ])('p2p %s ends when nobody reads it any more, and that is no failure', async (command, write) => {
    const service = await startService();
    service.shop.createTopic('news');
    const what = command === 'listen' ? [] : ['shop', 'news'];
    const reader = service.run(command, ...what, '--as', 'reader');
    await reader.says('p2p: ');
    reader.process.stdout?.destroy();
    await write(service);
    expect(await reader.ended).toMatchObject({ code: 0, stderr: expect.stringMatching(/^[^\n]+\n$/) });
  });

  it('that cannot be written is a failure', async () => {
    const { shop, connect, runWith } = await startService();
    await connect('alice');
    shop.provideService('one', () => 1);
    const full = 'cannot write to stdout: no space left on device';
    const run = (...args: string[]) => failure(runWith({ stdout: openSync('/dev/full', 'w') }, ...args));
    expect(await run('clients')).toBe(full);
    expect(await run('services')).toBe(full);
    expect(await run('call', '--as', 'bob', 'shop', 'one')).toBe(full);
  });
});
