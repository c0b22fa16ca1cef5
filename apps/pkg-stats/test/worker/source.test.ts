import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Cache } from '../../src/worker/cache.js';
import { CachedSource } from '../../src/worker/cached-source.js';
import { Source, type SourceOptions } from '../../src/worker/source.js';
import { NotFoundError, SourceError } from '../../src/worker/source-errors.js';
import { startHttp } from '../support/start-http.js';
import { testFolder } from '../support/start-test-worker.js';

const HOUR = 3_600_000;

function sourceAt(base: string, options: Partial<SourceOptions> = {}): Source {
  const source = new Source({ base, timeout: 5_000, requestsPerSecond: 1_000, rest: HOUR, ...options });
  onTestFinished(() => source.close());
  return source;
}

async function cachedAt(base: string, freshFor: number): Promise<CachedSource> {
  const cache = new Cache(await testFolder());
  onTestFinished(() => cache.close());
  return new CachedSource(sourceAt(base), cache, freshFor);
}

async function problemOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof SourceError ? error.problem : String(error);
}

const thing = { key: 'thing', path: '/thing', name: 'thing', read: (json: unknown) => json };

describe('a source', () => {
  it('is asked conditionally, and 304 makes what is known as new', async () => {
    const statuses: number[] = [];
    const server = await startHttp((request, response) => {
      const isSame = request.headers['if-none-match'] === '"1"' && request.headers['cache-control'] !== 'no-cache';
      statuses.push(isSame ? 304 : 200);
      response.writeHead(isSame ? 304 : 200, { etag: '"1"' }).end(isSame ? undefined : '{"a":1}');
    });
    const cached = await cachedAt(server.url, 0);
    const first = await cached.get(thing);
    const second = await cached.get(thing);
    expect(statuses).toEqual([200, 304]);
    expect(second.value).toEqual({ a: 1 });
    expect(second.freshness).toEqual({ asOf: expect.any(Number), problem: null });
    expect(second.freshness.asOf).toBeGreaterThanOrEqual(first.freshness.asOf);
  });

  it('is asked by time where it has no tags', async () => {
    const server = await startHttp((_, response) => {
      response.writeHead(200, { 'last-modified': 'Fri, 27 Nov 2026 10:00:00 GMT' }).end('1');
    });
    const cached = await cachedAt(server.url, 0);
    await cached.get(thing);
    await cached.get(thing);
    expect(server.requests[1]?.headers['if-modified-since']).toBe('Fri, 27 Nov 2026 10:00:00 GMT');
  });

  it('is not asked about what is fresh, nor about what is missing', async () => {
    const server = await startHttp((request, response) => {
      response.writeHead(request.url === '/thing' ? 200 : 404).end('1');
    });
    const cached = await cachedAt(server.url, HOUR);
    for (let i = 0; i < 3; i++) await cached.get(thing);
    const missing = { ...thing, key: 'other', path: '/other' };
    for (let i = 0; i < 3; i++) await expect(cached.get(missing)).rejects.toThrow(NotFoundError);
    expect(server.requests).toHaveLength(2);
  });

  it('is asked once by all who want the same at the same time', async () => {
    const server = await startHttp((_, response) => void response.end('1'));
    const cached = await cachedAt(server.url, 0);
    await Promise.all(Array.from({ length: 20 }, () => cached.get(thing)));
    expect(server.requests).toHaveLength(1);
  });

  it('is left alone for as long as it says with 429', async () => {
    const server = await startHttp((_, response) => void response.writeHead(429, { 'retry-after': '60' }).end());
    const source = sourceAt(server.url);
    expect(await problemOf(source.json('/a'))).toBe('rate-limited');
    expect(await problemOf(source.json('/b'))).toBe('rate-limited');
    expect(server.requests).toHaveLength(1);
  });

  it('is asked again when that is over', async () => {
    const server = await startHttp((_, response) => {
      const isFirst = server.requests.length === 1;
      response.writeHead(isFirst ? 503 : 200, isFirst ? { 'retry-after': new Date().toUTCString() } : {}).end('1');
    });
    const source = sourceAt(server.url);
    expect(await problemOf(source.json('/a'))).toBe('failing');
    expect(await source.json('/a')).toMatchObject({ kind: 'value', value: 1 });
  });

  it.each([400, 401, 403, 405, 500, 502])(
    'is failing with %s, and other things are still asked for',
    async (status) => {
      const server = await startHttp((request, response) => {
        response.writeHead(request.url === '/bad' ? status : 200).end('1');
      });
      const source = sourceAt(server.url);
      expect(await problemOf(source.json('/bad'))).toBe('failing');
      expect(await source.json('/good')).toMatchObject({ value: 1 });
    },
  );

  it('is failing where it sends no JSON, or breaks off', async () => {
    const server = await startHttp((request, response) => {
      if (request.url === '/html') response.end('<html>');
      else response.writeHead(200, { 'content-length': '100' }).write('{"a":', () => response.destroy());
    });
    expect(await problemOf(sourceAt(server.url).json('/html'))).toBe('failing');
    expect(await problemOf(sourceAt(server.url).json('/broken'))).toBe('unreachable');
  });

  it('is read no further than it may be long, unpacked', async () => {
    const server = await startHttp((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(Buffer.alloc(17 * 1_048_576, ' ')));
    });
    expect(await problemOf(sourceAt(server.url).json('/'))).toBe('failing');
  });

  it('is slow where nothing comes, and where it stops in the middle', async () => {
    const server = await startHttp((request, response) => {
      if (request.url !== '/silent') response.writeHead(200).write('{"a":');
    });
    expect(await problemOf(sourceAt(server.url, { timeout: 100 }).json('/silent'))).toBe('slow');
    expect(await problemOf(sourceAt(server.url, { timeout: 100 }).json('/half'))).toBe('slow');
    const body = await sourceAt(server.url, { timeout: 100 }).body('/half');
    const read = async () => {
      for await (const piece of body ?? []) expect(String(Buffer.from(piece))).toBe('{"a":');
    };
    expect(await problemOf(read())).toBe('slow');
  });

  it('is asked no more often than it may be', async () => {
    const server = await startHttp((_, response) => void response.end('1'));
    const source = sourceAt(server.url, { requestsPerSecond: 1, timeout: 100 });
    const [first, second] = [source.json('/first'), source.json('/second')];
    expect(await first).toMatchObject({ value: 1 });
    expect(await problemOf(second)).toBe('rate-limited');
    expect(server.requests).toHaveLength(1);
  });

  it('gets the credentials, and whoever it redirects to does not', async () => {
    const elsewhere = await startHttp((_, response) => void response.end('"elsewhere"'));
    const server = await startHttp((request, response) => {
      if (request.url === '/away') response.writeHead(302, { location: elsewhere.url }).end();
      else response.end('"here"');
    });
    const source = sourceAt(server.url, { authorization: 'Bearer secret' });
    expect(await source.json('/')).toMatchObject({ value: 'here' });
    expect(server.requests[0]?.headers.authorization).toBe('Bearer secret');
    expect(await source.json('/away')).toMatchObject({ value: 'elsewhere' });
    expect(elsewhere.requests[0]?.headers.authorization).toBeUndefined();
  });

  it('is still asked for other things where one alone is not answered', async () => {
    const server = await startHttp((request, response) => {
      if (request.url === '/good') response.end('1');
      else response.destroy();
    });
    const source = sourceAt(server.url);
    for (const path of ['/bad', '/bad', '/bad', '/worse', '/good', '/bad', '/worse'])
      expect(await problemOf(source.json(path))).toBe(path === '/good' ? 'undefined' : 'unreachable');
    expect(await source.json('/good')).toMatchObject({ value: 1 });
    for (const path of ['/bad', '/worse', '/worst']) expect(await problemOf(source.json(path))).toBe('unreachable');
    const asked = server.requests.length;
    expect(await problemOf(source.json('/good'))).toBe('unreachable');
    expect(server.requests).toHaveLength(asked);
  });

  it('is not asked for what it has just not answered', async () => {
    const server = await startHttp((_, response) => void response.destroy());
    const cached = await cachedAt(server.url, HOUR);
    for (let i = 0; i < 3; i++) expect(await problemOf(cached.get(thing))).toBe('unreachable');
    expect(server.requests).toHaveLength(1);
  });

  it.each([400, 405])('erases nothing by answering %s', async (status) => {
    const server = await startHttp((_, response) => {
      response.writeHead(server.requests.length === 1 ? 200 : status).end('1');
    });
    const cached = await cachedAt(server.url, 0);
    await cached.get(thing);
    expect(await cached.get(thing)).toMatchObject({ value: 1, freshness: { problem: 'failing' } });
  });

  it('is asked for what somebody waits for before what nobody waits for', async () => {
    const server = await startHttp((_, response) => void response.end('1'));
    const source = sourceAt(server.url, { requestsPerSecond: 1 });
    const background = ['/a', '/b'].map((path) => source.json(path, { inBackground: true }));
    await Promise.all([...background, source.json('/wanted')]);
    expect(server.requests.map(({ url }) => url)).toEqual(['/a', '/wanted', '/b']);
  });

  it('is left when it is closed', async () => {
    const server = await startHttp(() => {});
    const source = sourceAt(server.url, { requestsPerSecond: 1 });
    const problems = [source.json('/asked'), source.json('/waits')].map(problemOf);
    source.close();
    expect(await Promise.all(problems)).toEqual(['unreachable', 'unreachable']);
  });
});
