import { describe, expect, it } from 'vitest';
import { codeOf, next, settled } from '../support/relay.js';
import { activeCalls, HOSTINGS, muteApi, type ServiceHosting, signal, startService } from '../support/service-hosts.js';

async function startMute(host: ServiceHosting) {
  const service = await startService(host);
  const mute = muteApi();
  service.provider.provideService('mute', mute.handler);
  service.provider.provideService('echo', (value: unknown) => value);
  return { ...service, mute };
}

describe.each(HOSTINGS)('SV-2 calls of a service %s that come to nothing', (_kind, host) => {
  it('R-3 the caller aborts: ABORTED, and the handler is told', async () => {
    const { name, caller, mute } = await startMute(host);
    const abort = new AbortController();
    const view = caller.with({ signal: abort.signal });
    const called = mute.called();
    const first = view.callService(name, 'mute').catch((error) => error);
    const acked = signal<unknown[]>();
    view.emitService(name, 'mute', (...given: unknown[]) => acked.give(given));
    await called;
    abort.abort('changed my mind');
    expect(await first).toMatchObject({ code: 'ABORTED', cause: 'changed my mind' });
    expect(await acked.given).toMatchObject([{ code: 'ABORTED' }]);
    expect(await activeCalls(caller, name, 'mute')).toBe(0);
    expect((await Promise.all(mute.reasons)).map(({ code }) => code)).toEqual(['ABORTED', 'ABORTED']);
  });

  it('R-3 the caller has aborted before: nothing is sent', async () => {
    const { name, caller, mute } = await startMute(host);
    const view = caller.with({ signal: AbortSignal.abort() });
    expect(await codeOf(view.callService(name, 'mute'))).toBe('ABORTED');
    await settled(caller);
    expect((await caller.describeService(name)).apis[0]).toMatchObject({ name: 'mute', calls: 0 });
    expect(mute.reasons).toEqual([]);
  });

  it('R-3 one caller gives up: the calls of others, and its own others, go on', async () => {
    const { provider, name, caller, connect } = await startMute(host);
    const other = await connect('other');
    const answers: ((value: string) => void)[] = [];
    const three = signal();
    provider.provideService('later', (_who: string, ack: (value: string) => void) => {
      if (answers.push(ack) === 3) three.give();
    });
    const abort = new AbortController();
    const outcomes = [
      caller
        .with({ signal: abort.signal })
        .callService(name, 'later', 'mine')
        .catch((error) => error.code),
      caller.callService(name, 'later', 'mine too'),
      other.callService(name, 'later', 'theirs'),
    ];
    await three.given;
    abort.abort();
    expect(await outcomes[0]).toBe('ABORTED');
    await settled(caller);
    for (const answer of answers) answer('answered');
    expect(await Promise.all(outcomes)).toEqual(['ABORTED', 'answered', 'answered']);
  });

  it('CC-2 the caller leaves: LINK_DOWN there, PEER_GONE for the handler', async () => {
    const { name, caller, connect, mute } = await startMute(host);
    const witness = await connect('witness');
    const called = mute.called();
    const answer = codeOf(caller.callService(name, 'mute'));
    await called;
    caller.disconnect();
    expect(await answer).toBe('LINK_DOWN');
    await expect(mute.reasons[0]).resolves.toMatchObject({ code: 'PEER_GONE', details: { clientId: 'caller' } });
    expect(await activeCalls(witness, name, 'mute')).toBe(0);
  });

  it('CC-2 the link of the caller is lost: LINK_DOWN, and once it is back it calls again', async () => {
    const { name, caller, mute } = await startMute(host);
    const called = mute.called();
    const answer = codeOf(caller.callService(name, 'mute'));
    await called;
    const back = next(caller, 'connect');
    caller.io.engine.close();
    expect(await answer).toBe('LINK_DOWN');
    expect((await mute.reasons[0])?.code).toBe('PEER_GONE');
    await back;
    expect(await caller.callService(name, 'echo', 'again')).toBe('again');
    expect(await activeCalls(caller, name, 'mute')).toBe(0);
  });

  it('SM-2 the service leaves with calls pending: PEER_GONE for all of them, whoever made them', async () => {
    const { name, caller, connect, mute, leave } = await startMute(host);
    const other = await connect('other');
    const view = caller.with({ timeout: 60_000 });
    const pending = Array.from({ length: 100 }, () => codeOf(view.callService(name, 'mute')));
    const theirs = codeOf(other.callService(name, 'mute'));
    await settled(caller, other);
    await expect.poll(() => mute.reasons.length).toBe(101);
    leave();
    expect(new Set(await Promise.all([...pending, theirs]))).toEqual(new Set(['PEER_GONE']));
    expect(await codeOf(caller.callService(name, 'mute'))).toBe('CLIENT_NOT_FOUND');
    expect(new Set((await Promise.all(mute.reasons)).map(({ code }) => code))).toEqual(new Set(['LINK_DOWN']));
    expect(caller.errors).toEqual([]);
  });

  it('CV-3 answers after the caller has gone are for nobody', async () => {
    const { provider, name, caller, connect, failures } = await startMute(host);
    const asked = signal<(value: string) => void>();
    const gone = signal();
    provider.provideService('late', function (ack: (value: string) => void) {
      this.signal.addEventListener('abort', () => gone.give());
      asked.give(ack);
    });
    const answer = codeOf(caller.callService(name, 'late'));
    const ack = await asked.given;
    caller.disconnect();
    expect(await answer).toBe('LINK_DOWN');
    await gone.given;
    ack('too late');
    expect(await (await connect('witness')).callService(name, 'echo', 1)).toBe(1);
    expect(failures).toEqual([]);
  });
});

describe('a service on a client whose link is lost', () => {
  const [, onClient] = HOSTINGS[0]!;

  it('CC-2 its calls fail with PEER_GONE; when it is back its APIs are there still, and it is listed', async () => {
    const { provider, name, caller, mute } = await startMute(onClient);
    const client = provider as unknown as typeof caller;
    const called = mute.called();
    const answer = codeOf(caller.callService(name, 'mute'));
    await called;
    const back = next(client, 'connect');
    client.io.engine.close();
    expect(await answer).toBe('PEER_GONE');
    expect((await mute.reasons[0])?.code).toBe('LINK_DOWN');
    await back;
    await settled(client);
    expect(await caller.callService(name, 'echo', 'again')).toBe('again');
    expect(await caller.getServiceList()).toEqual([name]);
    expect((await caller.describeService(name)).apis.map((api) => api.name)).toEqual(['mute', 'echo']);
    expect(await activeCalls(caller, name, 'mute')).toBe(0);
  });

  it('CC-2 what is provided while it is away is there when it is back, and what is taken back is not', async () => {
    const { provider, name, caller } = await startMute(onClient);
    const client = provider as unknown as typeof caller;
    client.disconnect();
    provider.provideService('new', () => 'new');
    provider.destroyService('echo');
    client.connect();
    await settled(client);
    expect(await caller.callService(name, 'new')).toBe('new');
    expect(await codeOf(caller.callService(name, 'echo'))).toBe('API_NOT_FOUND');
  });

  it('R-3 an answer that it cannot send any more ends nothing', async () => {
    const { provider, name, caller, failures } = await startMute(onClient);
    const client = provider as unknown as typeof caller;
    const asked = signal<(value: string) => void>();
    provider.provideService('late', (ack: (value: string) => void) => asked.give(ack));
    const answer = codeOf(caller.callService(name, 'late'));
    const ack = await asked.given;
    client.disconnect();
    ack('nobody hears it');
    expect(await answer).toBe('PEER_GONE');
    client.connect();
    await settled(client);
    expect(await caller.callService(name, 'echo', 1)).toBe(1);
    expect(failures).toEqual([]);
  });
});
