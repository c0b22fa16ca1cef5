import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startTcpProxy } from '../../../../test/support/tcp-proxy.js';
import { packFiles } from './pack-files.js';

/** What a test publishes; all but the name may be left out. */
export interface Publication {
  readonly name: string;
  /** Default `1.0.0`. */
  readonly version?: string;
  readonly description?: string;
  readonly keywords?: readonly string[];
  /** Users of the registry; the first one publishes. Default `ann`. */
  readonly maintainers?: readonly string[];
  readonly readme?: string;
  /** Beside package.json and README.md: what each holds. */
  readonly files?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  /** Everything else that package.json has. */
  readonly manifest?: Readonly<Record<string, unknown>>;
}

/** A real Verdaccio on a free port, which can be down or silent. */
export interface TestRegistry {
  readonly url: string;
  publish(publication: Publication): Promise<void>;
  /** Takes a whole package out. */
  unpublish(name: string): Promise<void>;
  /** Refuses connections, and breaks those that are open. */
  down(): void;
  /** Takes requests, and answers nothing. */
  stall(): void;
  /** Ends `down` and `stall`: what was asked meanwhile is answered. */
  up(): void;
  close(): Promise<void>;
}

interface Verdaccio {
  runServer(config: object): Promise<Server>;
}

/** Empty; whoever publishes is its user from then on. */
export async function startVerdaccio(): Promise<TestRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'pkg-stats-registry-'));
  const { runServer } = createRequire(import.meta.url)('verdaccio') as Verdaccio;
  const server = await runServer(configuration(folder));
  await once(server.listen(0, 'localhost'), 'listening');
  const proxy = await startTcpProxy((server.address() as AddressInfo).port);
  const url = `http://localhost:${proxy.port}`;
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (user: string) => {
    if (!tokens.has(user)) tokens.set(user, addUser(url, user));
    return tokens.get(user) as Promise<string>;
  };
  return {
    url,
    publish: async (publication) => {
      const token = await tokenOf(publication.maintainers?.[0] ?? 'ann');
      await put(`${url}/${encodeURIComponent(publication.name)}`, await publishBody(publication, url), token);
    },
    unpublish: async (name) => {
      const path = `${url}/${encodeURIComponent(name)}`;
      const packument = (await (await fetch(path)).json()) as { _rev: string };
      const headers = { authorization: `Bearer ${await tokenOf('ann')}` };
      const { ok, status } = await fetch(`${path}/-rev/${packument._rev}`, { method: 'DELETE', headers });
      if (!ok) throw new Error(`${path} cannot be taken out: ${status}`);
    },
    down: () => {
      proxy.refuse(true);
      proxy.cut();
    },
    stall: () => proxy.stall('down'),
    up: () => {
      proxy.refuse(false);
      proxy.resume();
    },
    close: async () => {
      await proxy.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function configuration(folder: string): object {
  return {
    self_path: join(folder, 'config.yaml'),
    storage: join(folder, 'storage'),
    auth: { htpasswd: { file: join(folder, 'htpasswd'), max_users: 1_000, algorithm: 'sha1' } },
    uplinks: {},
    packages: { '**': { access: '$all', publish: '$authenticated', unpublish: '$authenticated' } },
    log: { type: 'stdout', level: 'fatal' },
    web: { enable: false },
    // A test asks more often than people do.
    userRateLimit: { windowMs: 1_000, max: 100_000 },
  };
}

async function addUser(url: string, name: string): Promise<string> {
  const body = { _id: `org.couchdb.user:${name}`, name, password: `password of ${name}`, type: 'user', roles: [] };
  const { token } = (await put(`${url}/-/user/org.couchdb.user:${name}`, body)) as { token: string };
  return token;
}

async function put(address: string, body: object, token?: string): Promise<unknown> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(address, { method: 'PUT', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${address} answers ${response.status}: ${await response.text()}`);
  return response.json();
}

/** What `npm publish` sends. */
async function publishBody(publication: Publication, url: string): Promise<object> {
  const { name, version = '1.0.0', maintainers = ['ann'], readme = '', files = {}, ...rest } = publication;
  const people = maintainers.map((user) => ({ name: user, email: `${user}@localhost` }));
  const { manifest: more, ...told } = rest;
  const manifest = { name, version, ...told, ...more };
  const all = { 'package.json': JSON.stringify(manifest), 'README.md': readme, ...files };
  const tarball = await packFiles(all);
  const file = `${name.split('/').pop()}-${version}.tgz`;
  const dist = {
    tarball: `${url}/${name}/-/${file}`,
    shasum: createHash('sha1').update(tarball).digest('hex'),
    integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
    unpackedSize: Object.values(all).reduce((sum, content) => sum + Buffer.byteLength(content), 0),
  };
  const published = { ...manifest, _id: `${name}@${version}`, readme, maintainers: people, _npmUser: people[0], dist };
  const data = tarball.toString('base64');
  return {
    _id: name,
    name,
    description: publication.description,
    'dist-tags': { latest: version },
    maintainers: people,
    readme,
    versions: { [version]: published },
    _attachments: {
      [file]: { content_type: 'application/octet-stream', data, length: tarball.length },
    },
  };
}
