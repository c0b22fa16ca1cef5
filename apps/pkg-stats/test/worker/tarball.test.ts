import { setImmediate as turn } from 'node:timers/promises';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Source } from '../../src/worker/source.js';
import { NotFoundError } from '../../src/worker/source-errors.js';
import { type TarballEntry, tarballEntries, tarballPath } from '../../src/worker/tarball.js';
import { packFiles } from '../support/pack-files.js';
import { startHttp } from '../support/start-http.js';

const address = 'https://elsewhere.example/a/-/a-1.0.0.tgz';

function entriesAt(base: string, signal = new AbortController().signal): AsyncGenerator<TarballEntry> {
  const source = new Source({ base, timeout: 5_000, requestsPerSecond: 100, rest: 0 });
  onTestFinished(() => source.close());
  return tarballEntries(source, { name: 'a', address, signal });
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The head of a file in a tarball, as tar writes it. */
function tarHead(path: string, size: number, type = '0'): Buffer {
  const head = Buffer.alloc(512);
  head.write(path, 0);
  head.write('0000644\0', 100);
  head.write(`${size.toString(8).padStart(11, '0')}\0`, 124);
  head.write('00000000000\0', 136);
  head.write('        0', 148);
  head.write(type, 156);
  head.write('ustar\x0000', 257);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return head;
}

describe('the files of a package', () => {
  it('are those of its tarball, asked for at the registry', async () => {
    const tarball = await packFiles({ 'package.json': '{}', 'lib/a.js': 'a', [`${'long/'.repeat(40)}b.js`]: 'bb' });
    const server = await startHttp((_, response) => void response.end(tarball));
    expect(await allOf(entriesAt(server.url))).toEqual([
      { path: 'package.json', size: 2 },
      { path: 'lib/a.js', size: 1 },
      { path: `${'long/'.repeat(40)}b.js`, size: 2 },
    ]);
    expect(server.requests.map(({ url }) => url)).toEqual(['/a/-/a-1.0.0.tgz']);
  });

  it('are missing where the tarball is', async () => {
    const server = await startHttp((_, response) => void response.writeHead(404).end());
    await expect(allOf(entriesAt(server.url))).rejects.toThrow(NotFoundError);
  });

  it.each([
    ['broken gzip', Buffer.concat([gzipSync(Buffer.alloc(100)).subarray(0, 12), Buffer.alloc(1_000, 'x')])],
    ['no tarball', Buffer.from('<html>'.repeat(1_000))],
    ['nothing', Buffer.alloc(0)],
  ])('are none, or the registry is failing, with %s', async (_, body) => {
    const server = await startHttp((_request, response) => void response.end(body));
    const outcome = await allOf(entriesAt(server.url)).catch((error: { problem: string }) => error.problem);
    expect([[], 'failing']).toContainEqual(outcome);
  });

  it('are read no further when the reader leaves', async () => {
    let closed: Promise<unknown> = Promise.reject(new Error('nobody has asked'));
    closed.catch(() => {});
    const server = await startHttp((_, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      const gzip = createGzip();
      gzip.pipe(response);
      gzip.write(Buffer.concat([tarHead('package/a', 1), Buffer.alloc(512), tarHead('package/b', 2_000_000)]));
      gzip.flush();
    });
    for await (const entry of entriesAt(server.url)) {
      expect(entry).toEqual({ path: 'a', size: 1 });
      break;
    }
    await closed;
    const leaving = new AbortController();
    const entries = entriesAt(server.url, leaving.signal);
    expect(await entries.next()).toMatchObject({ value: { path: 'a' } });
    leaving.abort();
    await closed;
    await expect(allOf(entries)).rejects.toThrow();
  });

  it('are read no further than they may become when they are unpacked', async () => {
    const head = tarHead('package/a', 0);
    // What is said about files is none of them, and may be of any length.
    const about = tarHead('package/about', 300 * 1_048_576, 'x');
    const bomb = gzipSync(Buffer.concat([head, about, Buffer.alloc(300 * 1_048_576)]), { level: 1 });
    const server = await startHttp((_, response) => void response.end(bomb));
    await expect(allOf(entriesAt(server.url))).rejects.toMatchObject({ problem: 'failing' });
    const endless = gzipSync(Buffer.concat([head, Buffer.alloc(200 * 1_048_576)]), { level: 1 });
    const over = await startHttp((_, response) => void response.end(endless));
    expect(await allOf(entriesAt(over.url))).toEqual([{ path: 'a', size: 0 }]);
    const twice = gzipSync(gzipSync(Buffer.concat([head, Buffer.alloc(1_024)])));
    const other = await startHttp((_, response) => void response.end(twice));
    await expect(allOf(entriesAt(other.url))).rejects.toMatchObject({ problem: 'failing' });
  });

  it('are read of two tarballs at a time, and who waits can leave', async () => {
    const server = await startHttp(() => {});
    const source = new Source({ base: server.url, timeout: 20_000, requestsPerSecond: 100, rest: 0 });
    onTestFinished(() => source.close());
    const leaving = Array.from({ length: 4 }, () => new AbortController());
    const reads = leaving.map(({ signal }) => tarballEntries(source, { name: 'a', address, signal }).next());
    while (server.requests.length < 2) await turn();
    leaving[2]?.abort(new Error('left'));
    await expect(reads[2]).rejects.toThrow('left');
    expect(server.requests).toHaveLength(2);
    leaving[0]?.abort(new Error('left'));
    await expect(reads[0]).rejects.toThrow('left');
    while (server.requests.length < 3) await turn();
    for (const one of leaving) one.abort(new Error('left'));
    await Promise.allSettled(reads);
  });

  it('are 5,000 at most', async () => {
    const heads = Array.from({ length: 6_000 }, (_, i) => tarHead(`package/${i}`, 0));
    const body = gzipSync(Buffer.concat([...heads, Buffer.alloc(1_024)]));
    const server = await startHttp((_, response) => void response.end(body));
    expect(await allOf(entriesAt(server.url))).toHaveLength(5_000);
  });

  it('are read no further than they may be large', async () => {
    const huge = Buffer.concat([tarHead('package/huge', 7 * 1_073_741_824), Buffer.alloc(1_048_576)]);
    const server = await startHttp((_, response) => void response.write(gzipSync(huge).subarray(0, -16)));
    expect(await allOf(entriesAt(server.url))).toEqual([{ path: 'huge', size: 7 * 1_073_741_824 }]);
  });

  it.each([
    ['http://registry.example', 'http://registry.example/a/-/a-1.tgz?x=1', '/a/-/a-1.tgz?x=1'],
    ['http://registry.example/npm', 'http://registry.example/npm/a/-/a-1.tgz', '/a/-/a-1.tgz'],
    ['http://registry.example:80', 'http://registry.example/a/-/a-1.tgz', '/a/-/a-1.tgz'],
    ['http://registry.example/npm', 'http://registry.example/secret/a-1.tgz', '/a/-/a-1.tgz'],
    ['http://registry.example', 'https://registry.example/a/-/a-1.tgz', '/a/-/a-1.tgz'],
    ['http://registry.example', 'http://registry.example.evil.example/x/a-1.tgz', '/a/-/a-1.tgz'],
    ['http://registry.example', 'http://169.254.169.254/latest/a-1.tgz', '/a/-/a-1.tgz'],
    ['http://registry.example', 'file:///etc/passwd', '/a/-/passwd'],
    ['http://registry.example', 'nonsense', '/a/-/'],
  ])('are at %s, whatever its packument says: %s', (base, told, path) =>
    expect(tarballPath(base, 'a', told)).toBe(path),
  );
});
