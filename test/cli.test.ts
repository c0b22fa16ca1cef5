import { expect, it, onTestFinished, vi } from 'vitest';
import { P2PError } from '../src/protocol/p2p-error.js';
import type { Authenticate } from '../src/server/authentication.js';
import { p2p } from './support/p2p-process.js';
import { startRelay } from './support/relay.js';

/** A failure is one line that says what is wrong, and a non-zero exit. */
async function failure(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await p2p(...args).ended;
  expect([code, stdout]).toEqual([1, '']);
  expect(stderr).toMatch(/^p2p: [^\n]+\n$/);
  return stderr.slice('p2p: '.length, -1);
}

it('two processes that have never met exchange messages through a relay, by client id', async () => {
  const relay = p2p('serve', '--port', '0');
  const [url = ''] = /http:\S+/.exec(await relay.says('Ctrl+C')) ?? [];
  const listener = p2p('listen', '--as', 'alice', '--url', url);
  await listener.says('listening as alice');

  const acked = await p2p('send', '--as', 'bob', '--url', url, 'alice', 'hello', '"hi"', '{"n":[1]}', '--ack').ended;
  expect(acked).toEqual({ code: 0, stdout: '', stderr: 'p2p: acknowledged by alice\n' });
  const plain = await p2p('send', '--as', 'bob', '--url', url, 'alice', 'bye').ended;
  expect(plain).toEqual({ code: 0, stdout: '', stderr: '' });
  await listener.says('bob bye\n');
  expect((await p2p('clients', '--url', url).ended).stdout).toBe('alice\n');

  listener.process.kill('SIGINT');
  expect(await listener.ended).toMatchObject({ code: 0, stdout: 'bob hello "hi" {"n":[1]}\nbob bye\n' });
  relay.process.kill('SIGTERM');
  expect((await relay.ended).code).toBe(0);
});

it('p2p send prints the answer, one JSON value a line', async () => {
  const { url, connect } = await startRelay();
  const alice = await connect('alice');
  alice.onAny('sum', (_from, a, b, ack) => ack(a + b, { by: 'alice' }, Buffer.from('xyz')));
  const { stdout } = await p2p('send', '--as', 'bob', '--url', url, 'alice', 'sum', '1', '2', '--ack').ended;
  expect(stdout).toBe('3\n{"by":"alice"}\n"<3 bytes>"\n');
});

it('p2p listen goes on after the connection was lost, and ends when it is refused', async () => {
  const { url, server, connect } = await startRelay();
  const listener = p2p('listen', '--as', 'alice', '--url', url);
  await listener.says('listening');
  server.getSocketByClientId('alice')?.conn.close();
  await listener.says('connected again');
  const bob = await connect('bob');
  await expect.poll(() => bob.isClientConnected('alice')).toBe(true);
  expect(await bob.emitToWithAck('alice', 'x')).toBeUndefined();
  server.removeClient('alice');
  expect(await listener.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('SESSION_REMOVED') });
});

it('p2p listen ends when nobody will connect again, and says why', async () => {
  const { url, server } = await startRelay();
  const kicked = p2p('listen', '--as', 'alice', '--url', url);
  await kicked.says('listening');
  server.disconnectSockets();
  expect(await kicked.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('closed the connection') });
  const banned = p2p('listen', '--as', 'bob', '--url', url);
  await banned.says('listening');
  server.use((_socket, proceed) => proceed(new Error('banned')));
  server.getSocketByClientId('bob')?.conn.close();
  expect(await banned.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('banned') });
});

it('what goes wrong is one clear line and a non-zero exit', async () => {
  const { url, port, connect } = await startRelay();
  await connect('alice');
  const send = (...args: string[]) => failure('send', '--as', 'bob', '--url', url, ...args);
  expect(await send('nobody', 'x')).toBe('CLIENT_NOT_FOUND: No client "nobody" is connected');
  expect(await send('nobody', 'x', '--ack')).toBe('CLIENT_NOT_FOUND: No client "nobody" is connected');
  expect(await send('alice', 'x', '--ack')).toMatch(/^NO_LISTENER: /);
  expect(await send('alice', 'x', 'hi')).toBe(`hi is not JSON; a string needs quotes of its own: '"hi"'`);
  expect(await send('alice', 'disconnect')).toMatch(/^EVENT_RESERVED: /);
  expect(await send('__proto__', 'x')).toMatch(/^INVALID_ARGUMENT: /);
  expect(await failure('listen', '--as', 'alice', '--url', url)).toMatch(/^CLIENT_ID_IN_USE: /);
  expect(await failure('clients', '--url', 'nowhere')).toMatch(/is no address/);
  expect(await failure('clients', '--url', 'http://localhost:1')).toMatch(/^cannot reach a relay at http:/);
  expect(await failure('serve', '--port', String(port))).toMatch(/is in use: choose another with --port/);
  expect(await failure('serve', '--port', '70000')).toMatch(/whole number from 0 to 65535/);
  expect(await failure('send', 'alice', 'x')).toMatch(/required option '--as <id>'/);
  expect(await failure('shout')).toMatch(/unknown command 'shout'/);
});

const AUTH = '{"token":"good"}';

/** Lets in who has the token, under the id that it claims; the next `refusals` times nobody. */
async function startGuardedRelay() {
  const guard = { refusals: 0 };
  const authenticate: Authenticate = ({ auth }) => {
    if (guard.refusals-- <= 0 && auth.token === 'good') return auth.clientId;
    throw new Error('Wrong token');
  };
  const authorize = () => true;
  return { guard, ...(await startRelay({ plugin: { authenticate, authorize, revalidateEvery: 20 } })) };
}

it('p2p tells a relay who it is by --auth or P2P_AUTH, beside its client id', async () => {
  const { url, connect } = await startGuardedRelay();
  await connect('alice', { auth: { token: 'good' } });
  const success = { code: 0, stdout: 'alice\n', stderr: '' };
  expect(await p2p('clients', '--url', url, '--auth', AUTH).ended).toEqual(success);
  expect(await p2p('clients', '--url', url, '--as', 'bob', '--auth', AUTH).ended).toEqual(success);
  vi.stubEnv('P2P_AUTH', AUTH);
  onTestFinished(() => void vi.unstubAllEnvs());
  expect(await p2p('clients', '--url', url).ended).toEqual(success);
  expect(await failure('services', '--url', url, '--auth', '{"token":"bad"}')).toMatch(/^AUTH_FAILED: /);
  expect((await p2p('listen', '--help').ended).stdout).toContain('P2P_AUTH');
});

it('p2p that the relay does not accept says so at once, and does not show what it was given', async () => {
  const { url } = await startGuardedRelay();
  const refused = 'AUTH_FAILED: The server does not accept this client';
  expect(await failure('clients', '--url', url)).toBe(refused);
  expect(await failure('listen', '--as', 'alice', '--url', url, '--auth', '{"token":"secret"}')).toBe(refused);
  for (const wrong of ['secret', '{"token":"secret"', '']) {
    expect(await failure('clients', '--url', url, '--auth', wrong)).toBe(
      `what --auth or P2P_AUTH gives is not JSON: it looks like '{"token":"..."}'`,
    );
  }
  for (const wrong of ['"secret"', '["secret"]', 'null', '7']) {
    expect(await failure('clients', '--url', url, '--auth', wrong)).toBe(
      `what --auth or P2P_AUTH gives is no JSON object: it looks like '{"token":"..."}'`,
    );
  }
});

it('p2p needs no more permissions than for what it does', async () => {
  const { url } = await startRelay({
    plugin: { authorize: ({ action }) => action === 'list-clients', defaultPermission: 'deny' },
  });
  expect(await p2p('clients', '--url', url).ended).toEqual({ code: 0, stdout: '', stderr: '' });
  expect(await failure('services', '--url', url)).toMatch(/^FORBIDDEN: /);
});

it('p2p listen goes on after its session has expired, and ends when the relay does not know it any more', async () => {
  const { url, server, guard } = await startGuardedRelay();
  const expired = p2p('listen', '--as', 'alice', '--url', url, '--auth', AUTH);
  await expired.says('listening');
  guard.refusals = 1;
  await expired.says('connected again');
  guard.refusals = Number.POSITIVE_INFINITY;
  server.getSocketByClientId('alice')?.conn.close();
  const { code, stderr } = await expired.ended;
  expect([code, stderr.match(/AUTH_FAILED/g)]).toEqual([1, ['AUTH_FAILED']]);
  expect(stderr).toContain('SESSION_EXPIRED');
});

it('p2p listen ends with what its relay says, when that will not have it again', async () => {
  let refusal: P2PError | undefined;
  const authenticate: Authenticate = ({ auth }) => {
    if (refusal) throw refusal;
    return auth.clientId;
  };
  const { url, server } = await startRelay({ plugin: { authenticate } });
  const kicked = p2p('listen', '--as', 'alice', '--url', url);
  await kicked.says('listening');
  server.kick('alice');
  const lines = ({ stderr }: { stderr: string }) => stderr.trimEnd().split('\n').slice(1);
  expect(lines(await kicked.ended)).toEqual(['p2p: SESSION_KICKED: The server has sent this client away']);
  const banned = p2p('listen', '--as', 'bob', '--url', url);
  await banned.says('listening');
  refusal = new P2PError('FORBIDDEN', 'You are banned');
  server.getSocketByClientId('bob')?.conn.close();
  expect(await banned.ended).toMatchObject({ code: 1, stderr: expect.stringMatching(/FORBIDDEN: You are banned\n$/) });
});
