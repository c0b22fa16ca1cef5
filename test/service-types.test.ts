import { type } from 'arktype';
import * as v from 'valibot';
import { expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import type { P2PClientSocket } from '../src/client/p2p-client-plugin.js';
import type { Subscription } from '../src/peer/subscription.js';
import type { P2PError } from '../src/protocol/p2p-error.js';
import { declaredError, defineService, rpc, topic } from '../src/protocol/service-contract.js';
import type {
  ApiName,
  CallResult,
  ContractCall,
  ReceivedValue,
  ServiceContract,
  TopicName,
} from '../src/protocol/typed-services.js';
import type { P2PServerIo } from '../src/server/p2p-server-plugin.js';

// Checked by `npm run types`: the calls are never made.

const { provideService, callService, publishTopic, subscribeTopic } = {} as P2PClientSocket;

const toLength = (text: string) => text.length;

const jobs = defineService('jobs', {
  create: rpc({
    input: z.object({ title: z.string() }),
    output: z.object({ id: z.string() }),
    errors: { QUOTA_EXCEEDED: z.object({ limit: z.number() }), CLOSED: z.undefined() },
  }),
  tail: rpc({ input: z.string(), yields: z.string() }),
  upload: rpc({ input: z.string(), consumes: z.object({ line: z.string() }), output: z.number() }),
  measure: rpc({ input: z.string().transform(toLength), output: z.string().transform(toLength) }),
  list: rpc({ input: z.object({ page: z.number() }).optional(), output: z.array(z.string()) }),
  anything: rpc(),
  progress: topic(z.object({ id: z.string(), percent: z.string().transform(Number) })),
  news: topic(),
});
type Jobs = typeof jobs;

const viaValibot = defineService('valibot', {
  create: rpc({
    input: v.object({ title: v.string() }),
    output: v.object({ id: v.string() }),
    errors: { QUOTA_EXCEEDED: v.object({ limit: v.number() }) },
  }),
  tail: rpc({ input: v.string(), yields: v.pipe(v.string(), v.transform(toLength)) }),
  upload: rpc({ consumes: v.pipe(v.string(), v.transform(toLength)), output: v.number() }),
  progress: topic(v.pipe(v.string(), v.transform(toLength))),
});

const viaArktype = defineService('arktype', {
  create: rpc({
    input: type({ title: 'string' }),
    output: type({ id: 'string' }),
    errors: { QUOTA_EXCEEDED: type({ limit: 'number' }) },
  }),
  tail: rpc({ input: type('string'), yields: type('string').pipe(toLength) }),
  upload: rpc({ consumes: type('string').pipe(toLength), output: type('number') }),
  progress: topic(type('string').pipe(toLength)),
});

const createJob = () => ({ id: '1' });
async function* tailNothing() {}
const neverCalled = {
  create: createJob,
  tail: tailNothing,
  upload: () => 0,
  measure: () => '',
  list: () => [],
  anything: () => {},
};

it('service contracts: their names are known', () => {
  expectTypeOf(jobs.name).toEqualTypeOf<'jobs'>();
  expectTypeOf<ApiName<Jobs>>().toEqualTypeOf<'create' | 'tail' | 'upload' | 'measure' | 'list' | 'anything'>();
  expectTypeOf<TopicName<Jobs>>().toEqualTypeOf<'progress' | 'news'>();
  expectTypeOf(jobs).toExtend<ServiceContract>();
  expectTypeOf<ApiName<ServiceContract>>().toEqualTypeOf<string>();
  expectTypeOf<CallResult<ServiceContract, string>>().toEqualTypeOf<unknown>();
});

it('service contracts: what a provider takes and gives is inferred', () => {
  const uncalled = () =>
    provideService(jobs, {
      create: async ({ title }, call) => {
        expectTypeOf(title).toEqualTypeOf<string>();
        expectTypeOf(call.caller).toEqualTypeOf<string>();
        expectTypeOf(call.signal).toEqualTypeOf<AbortSignal>();
        if (title === '') throw call.error('QUOTA_EXCEEDED', { limit: 5 }, 'Enough');
        if (title === 'x') throw call.error('CLOSED');
        expectTypeOf(call.error('CLOSED', undefined, 'Closed')).toEqualTypeOf<P2PError>();
        // @ts-expect-error the limit is a number
        call.error('QUOTA_EXCEEDED', { limit: '5' });
        // @ts-expect-error the data are missing
        call.error('QUOTA_EXCEEDED');
        // @ts-expect-error no such error
        call.error('NO_SUCH', {});
        return { id: '1' };
      },
      async *tail(id, call) {
        expectTypeOf(id).toEqualTypeOf<string>();
        expectTypeOf(call.error).parameter(0).toEqualTypeOf<never>();
        yield 'line';
      },
      async upload(id, items, call) {
        expectTypeOf(id).toEqualTypeOf<string>();
        expectTypeOf(items).toEqualTypeOf<AsyncIterable<{ line: string }>>();
        expectTypeOf(call.timeout).toEqualTypeOf<number>();
        let count = 0;
        for await (const { line } of items) count += line.length;
        return count;
      },
      measure: (length) => {
        expectTypeOf(length).toEqualTypeOf<number>();
        return 'the output is parsed after the handler';
      },
      list: (filter) => {
        expectTypeOf(filter).toEqualTypeOf<{ page: number } | undefined>();
        return [];
      },
      anything: (call) => expectTypeOf(call).toEqualTypeOf<ContractCall<Record<never, never>>>(),
    });
  expectTypeOf(uncalled).toBeFunction();
});

async function* linesOf() {
  yield 'line';
}

it('service contracts: a provider that does not do as declared is refused', () => {
  const uncalled = () => {
    provideService(jobs, neverCalled);
    // @ts-expect-error the id is missing
    provideService(jobs, { ...neverCalled, create: () => ({}) });
    // @ts-expect-error a promise of the wrong output
    provideService(jobs, { ...neverCalled, create: async () => ({ id: 1 }) });
    // @ts-expect-error the output as parsed is not what a handler gives
    provideService(jobs, { ...neverCalled, measure: () => 5 });
    // @ts-expect-error it yields strings
    provideService(jobs, { ...neverCalled, tail: async function* () { yield 1; } }); // biome-ignore format: one line
    provideService(jobs, { ...neverCalled, tail: async () => linesOf() });
    provideService(jobs, { ...neverCalled, progress: { retain: 1 } });
    // @ts-expect-error topics have no such option
    provideService(jobs, { ...neverCalled, progress: { keep: 1 } });
    // @ts-expect-error it yields, and gives no value
    provideService(jobs, { ...neverCalled, tail: () => 'line' });
    // @ts-expect-error the input is an object
    provideService(jobs, { ...neverCalled, create: (title: string) => ({ id: title }) });
    // @ts-expect-error most handlers are missing
    provideService(jobs, { create: createJob });
    // @ts-expect-error no such API
    provideService(jobs, { ...neverCalled, remove: () => {} });
    // @ts-expect-error a topic has no handler
    provideService(jobs, { ...neverCalled, progress: () => {} });
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('service contracts: what a caller passes and gets is inferred', () => {
  const uncalled = async () => {
    expectTypeOf(callService(jobs, 'create', { title: 'x' })).toEqualTypeOf<Promise<{ id: string }>>();
    expectTypeOf(callService(jobs, 'tail', '1')).toEqualTypeOf<Promise<AsyncIterable<string>>>();
    expectTypeOf(callService(jobs, 'upload', '1', [{ line: 'a' }])).toEqualTypeOf<Promise<number>>();
    expectTypeOf(callService(jobs, 'measure', 'text')).toEqualTypeOf<Promise<number>>();
    expectTypeOf(callService(jobs, 'list')).toEqualTypeOf<Promise<string[]>>();
    expectTypeOf(callService(jobs, 'list', { page: 1 })).toEqualTypeOf<Promise<string[]>>();
    expectTypeOf(callService(jobs, 'anything')).toEqualTypeOf<Promise<unknown>>();
    // @ts-expect-error the title is a string
    void callService(jobs, 'create', { title: 5 });
    // @ts-expect-error the input is missing
    void callService(jobs, 'create');
    // @ts-expect-error the items are missing
    void callService(jobs, 'upload', '1');
    // @ts-expect-error the items are objects
    void callService(jobs, 'upload', '1', ['a']);
    // @ts-expect-error an API without input takes none
    void callService(jobs, 'anything', 1);
    // @ts-expect-error the parsed input is not what a caller passes
    void callService(jobs, 'measure', 5);
    // @ts-expect-error no such API
    void callService(jobs, 'remove');
    // @ts-expect-error a topic cannot be called
    void callService(jobs, 'progress');
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('service contracts: topics are published as written, and received as parsed', () => {
  const uncalled = () => {
    void publishTopic(jobs, 'progress', { id: '1', percent: '50' });
    subscribeTopic(jobs, 'progress', (value) => expectTypeOf(value).toEqualTypeOf<{ id: string; percent: number }>());
    void publishTopic(jobs, 'news', 5);
    subscribeTopic(jobs, 'news', (value) => expectTypeOf(value).toEqualTypeOf<unknown>());
    // @ts-expect-error the percentage is written as a string
    void publishTopic(jobs, 'progress', { id: '1', percent: 50 });
    // @ts-expect-error an API is no topic
    void publishTopic(jobs, 'create', {});
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('service contracts: declared errors are told apart', () => {
  const uncalled = (failure: unknown) => {
    const error = declaredError(jobs, 'create', failure);
    if (error?.error === 'QUOTA_EXCEEDED') expectTypeOf(error.data).toEqualTypeOf<{ limit: number }>();
    if (error?.error === 'CLOSED') expectTypeOf(error.data).toEqualTypeOf<undefined>();
    expectTypeOf(error?.error).toEqualTypeOf<'QUOTA_EXCEEDED' | 'CLOSED' | undefined>();
    expectTypeOf(declaredError(jobs, 'tail', failure)).toEqualTypeOf<undefined>();
    // @ts-expect-error no such API
    declaredError(jobs, 'remove', failure);
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('service contracts: an API has an output or yields, and nothing that is no schema', () => {
  const uncalled = () => {
    // @ts-expect-error not both
    rpc({ output: z.string(), yields: z.string() });
    // @ts-expect-error a slip of the pen
    rpc({ inputs: z.string(), output: z.string() });
    // @ts-expect-error no schema
    rpc({ input: 'string' });
    // @ts-expect-error no schema
    topic({ id: 'string' });
    // @ts-expect-error neither rpc() nor topic() made it
    defineService('x', { create: z.string() });
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('service contracts: valibot is inferred on both sides', () => {
  const uncalled = (failure: unknown) => {
    provideService(viaValibot, {
      create: ({ title }, call) => {
        if (title === '') throw call.error('QUOTA_EXCEEDED', { limit: 5 });
        // @ts-expect-error the limit is a number
        call.error('QUOTA_EXCEEDED', { limit: '5' });
        return { id: title };
      },
      async *tail(id) {
        yield id;
      },
      upload: (items) => {
        expectTypeOf(items).toEqualTypeOf<AsyncIterable<number>>();
        return 1;
      },
    });
    // @ts-expect-error handlers are missing
    provideService(viaValibot, { create: createJob });
    // @ts-expect-error the id is a string
    provideService(viaValibot, { create: () => ({ id: 1 }), tail: tailNothing, upload: () => 0 });
    // @ts-expect-error no such API
    void callService(viaValibot, 'remove');
    expectTypeOf(callService(viaValibot, 'create', { title: 'x' })).toEqualTypeOf<Promise<{ id: string }>>();
    expectTypeOf(callService(viaValibot, 'tail', 'x')).toEqualTypeOf<Promise<AsyncIterable<number>>>();
    expectTypeOf(callService(viaValibot, 'upload', ['x'])).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error the title is a string
    void callService(viaValibot, 'create', { title: 5 });
    void publishTopic(viaValibot, 'progress', 'x');
    subscribeTopic(viaValibot, 'progress', (value) => expectTypeOf(value).toEqualTypeOf<number>());
    expectTypeOf(declaredError(viaValibot, 'create', failure)?.data).toEqualTypeOf<{ limit: number } | undefined>();
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('service contracts: arktype is inferred on both sides', () => {
  const uncalled = (failure: unknown) => {
    provideService(viaArktype, {
      create: ({ title }, call) => {
        if (title === '') throw call.error('QUOTA_EXCEEDED', { limit: 5 });
        // @ts-expect-error the limit is a number
        call.error('QUOTA_EXCEEDED', { limit: '5' });
        return { id: title };
      },
      async *tail(id) {
        yield id;
      },
      upload: (items) => {
        expectTypeOf(items).toEqualTypeOf<AsyncIterable<number>>();
        return 1;
      },
    });
    // @ts-expect-error handlers are missing
    provideService(viaArktype, { create: createJob });
    // @ts-expect-error the id is a string
    provideService(viaArktype, { create: () => ({ id: 1 }), tail: tailNothing, upload: () => 0 });
    // @ts-expect-error no such API
    void callService(viaArktype, 'remove');
    expectTypeOf(callService(viaArktype, 'create', { title: 'x' })).toEqualTypeOf<Promise<{ id: string }>>();
    expectTypeOf(callService(viaArktype, 'tail', 'x')).toEqualTypeOf<Promise<AsyncIterable<number>>>();
    expectTypeOf(callService(viaArktype, 'upload', ['x'])).toEqualTypeOf<Promise<number>>();
    // @ts-expect-error the title is a string
    void callService(viaArktype, 'create', { title: 5 });
    void publishTopic(viaArktype, 'progress', 'x');
    subscribeTopic(viaArktype, 'progress', (value) => expectTypeOf(value).toEqualTypeOf<number>());
    expectTypeOf(declaredError(viaArktype, 'create', failure)?.data).toEqualTypeOf<{ limit: number } | undefined>();
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('SV-1 the server has the same types, for its own services and for those of clients', () => {
  const server = {} as P2PServerIo;
  const uncalled = () => {
    const service = server.asService('jobs', { shared: true });
    // @ts-expect-error a handler is missing
    service.provideService(jobs, { create: createJob });
    // @ts-expect-error a percentage is a string before it is published
    void service.publishTopic(jobs, 'progress', { id: '1', percent: 5 });
    expectTypeOf(server.callService(jobs, 'create', { title: 'x' })).resolves.toEqualTypeOf<{ id: string }>();
    expectTypeOf(server.subscribeTopic(jobs, 'progress')).toEqualTypeOf<
      Subscription<ReceivedValue<Jobs, 'progress'>>
    >();
    expectTypeOf(server.with({ timeout: 5 }).callService(jobs, 'upload', 'x', [])).resolves.toEqualTypeOf<number>();
  };
  expectTypeOf(uncalled).toBeFunction();
});

it('CV-3 what has no contract may be anything', () => {
  const socket = {} as P2PClientSocket;
  const uncalled = async () => {
    const sum: number = await socket.callService('math', 'add', 1, 2);
    expectTypeOf(await socket.callService<string>('text', 'upper', 'x')).toEqualTypeOf<string>();
    for await (const line of await socket.callService('jobs', 'tail')) line.trim();
    socket.emitService('math', 'add', 1, sum, (result) => result.toFixed());
    socket.emitService('math', 'add', 1, sum);
    socket.emitService(jobs, 'create', { title: 'x' }, (job) => job.id);
    // @ts-expect-error the title is a string
    socket.emitService(jobs, 'create', { title: 5 }, (job) => job.id);
    for await (const value of socket.subscribeTopic<number>('math', 'news')) value.toFixed();
    socket.provideService('who', function () {
      return this.caller.trim();
    });
    socket.provideService('who', function () {
      // @ts-expect-error there is no such fact about a call
      return this.password;
    });
    for await (const { percent } of socket.subscribeTopic(jobs, 'progress')) percent.toFixed();
  };
  expectTypeOf(uncalled).toBeFunction();
});
