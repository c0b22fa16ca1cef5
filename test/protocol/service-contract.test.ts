import type { StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { P2PError } from '../../src/protocol/p2p-error.js';
import {
  declaredError,
  defineService,
  type InvalidValue,
  inputInvalid,
  isServiceContract,
  outputInvalid,
  rpc,
  rpcOf,
  serviceErrors,
  topic,
  topicOf,
  validateValue,
} from '../../src/protocol/service-contract.js';

type Validate = StandardSchemaV1['~standard']['validate'];

function schemaOf(validate: Validate): StandardSchemaV1 {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

/** What JavaScript would pass without asking the types. */
const untyped = { defineService, rpc, topic } as unknown as Record<string, (...args: unknown[]) => unknown>;

const invalidArgument = expect.objectContaining({ name: 'P2PError', code: 'INVALID_ARGUMENT' });

const INHERITED = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'];

function thrownBy(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error;
  }
  return expect.unreachable('It should have thrown');
}

describe('a service contract', () => {
  const create = rpc({ input: z.string(), output: z.string() });
  const progress = topic(z.number());
  const jobs = defineService('jobs', { create, progress });

  it('keeps its name and entries', () => {
    expect(jobs.name).toBe('jobs');
    expect({ ...jobs.entries }).toEqual({ create, progress });
    expect(isServiceContract(jobs)).toBe(true);
  });

  it('cannot be changed, nor by what it was made of', () => {
    const errors = { FULL: z.number() };
    const schemas = { input: z.string(), errors };
    const entries = { create: rpc(schemas) };
    const contract = defineService('jobs', entries);
    Object.assign(errors, { OTHER: z.number() });
    Object.assign(schemas, { output: z.string() });
    Object.assign(entries, { other: rpc() });
    expect(Object.keys(contract.entries)).toEqual(['create']);
    expect(Object.keys(contract.entries.create.schemas)).toEqual(['input', 'errors']);
    expect(Object.keys(contract.entries.create.schemas.errors)).toEqual(['FULL']);
    const { create: entry } = contract.entries;
    for (const part of [contract, contract.entries, entry, entry.schemas, entry.schemas.errors, progress]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('tells its APIs from its topics', () => {
    expect(rpcOf(jobs, 'create')).toBe(create);
    expect(topicOf(jobs, 'progress')).toBe(progress);
    expect(rpcOf(jobs, 'progress')).toBeUndefined();
    expect(topicOf(jobs, 'create')).toBeUndefined();
    expect(rpcOf(jobs, 'remove')).toBeUndefined();
  });

  it.each(INHERITED)('has no entry %s that nobody gave', (name) => {
    expect(rpcOf(jobs, name)).toBeUndefined();
    expect(topicOf(jobs, name)).toBeUndefined();
    const error = new P2PError('SERVICE_ERROR', '', { details: { error: name, data: 1 } });
    const declaring = defineService('x', { create: rpc({ errors: { FULL: z.number() } }) });
    expect(declaredError(declaring, 'create', error)).toBeUndefined();
    expect(declaredError(declaring, name as 'create', error)).toBeUndefined();
  });

  it.each(INHERITED)('may have an entry and an error named %s', (name) => {
    const entry = rpc({ errors: { [name]: z.number() } });
    const contract = defineService('x', { [name]: entry });
    expect(rpcOf(contract, name)).toBe(entry);
    const error = serviceErrors(name, entry)(name, 5);
    expect(declaredError(contract, name, error)).toEqual({ error: name, data: 5 });
    expect(Object.hasOwn(Object.prototype, 'schemas')).toBe(false);
  });

  it('is known only when defineService() made it', () => {
    const values = [undefined, null, 'jobs', 5, {}, create, progress, { ...jobs }, { kind: 'service' }, []];
    for (const value of values) expect(isServiceContract(value)).toBe(false);
  });

  it('may be empty', () => {
    expect(Object.keys(defineService('x', {}).entries)).toEqual([]);
  });

  it('takes a module as its entries, and schemas without a prototype', () => {
    const bare = (value: object) => Object.assign(Object.create(null), value);
    const module = bare({ create: untyped.rpc?.(bare({ input: z.string() })) });
    Object.defineProperty(module, Symbol.toStringTag, { value: 'Module' });
    const contract = defineService('x', module);
    expect(rpcOf(contract, 'create')?.schemas.input).toBeDefined();
  });

  it('takes an absent schema as none', () => {
    expect(untyped.rpc?.({ input: undefined, output: z.string(), yields: undefined, errors: undefined })).toBeDefined();
    expect(topic(undefined).schema).toBeUndefined();
  });
});

describe('a bad definition is refused at once', () => {
  it.each([undefined, null, 5, {}, '', 'a\nb', '__proto__', 'constructor', 'x'.repeat(129), '\ud800'])(
    'a service cannot be named %j',
    (name) => {
      expect(() => untyped.defineService?.(name, {})).toThrow(invalidArgument);
    },
  );

  it.each(['', 'p2p:', 'p2p:describe', 'x'.repeat(257)])('an entry cannot be named %j', (name) => {
    expect(() => defineService('x', { [name]: rpc() })).toThrow(invalidArgument);
    expect(() => defineService('x', { [name]: topic() })).toThrow(invalidArgument);
  });

  it('names may be as long as the limits say', () => {
    expect(defineService('x'.repeat(128), { ['y'.repeat(256)]: rpc() }).name).toHaveLength(128);
  });

  it('an entry cannot be named by a symbol', () => {
    expect(() => untyped.defineService?.('x', { [Symbol('create')]: rpc() })).toThrow(invalidArgument);
  });

  it('an entry that would be lost as a prototype is refused', () => {
    expect(() => untyped.defineService?.('x', { __proto__: rpc() })).toThrow(invalidArgument);
    expect(() => untyped.rpc?.({ errors: { __proto__: z.string() } })).toThrow(invalidArgument);
  });

  it.each([
    undefined,
    null,
    5,
    'rpc',
    () => {},
    {},
    { kind: 'rpc', schemas: {} },
    { ...rpc() },
    z.string(),
    defineService('x', {}),
  ])('an entry cannot be %o', (entry) => {
    expect(() => untyped.defineService?.('x', { create: entry })).toThrow(invalidArgument);
  });

  it.each([undefined, null, 5, 'entries', [], new Map(), () => {}])('entries cannot be %o', (entries) => {
    expect(() => untyped.defineService?.('x', entries)).toThrow(invalidArgument);
  });

  it.each([null, 5, 'schemas', [], new Map(), z.string()])('the schemas of an API cannot be %o', (schemas) => {
    expect(() => untyped.rpc?.(schemas)).toThrow(invalidArgument);
  });

  const validate: Validate = (value) => ({ value });
  it.each([
    null,
    5,
    'string',
    {},
    () => {},
    { '~standard': null },
    { '~standard': { vendor: 'x', validate } },
    { '~standard': { version: 2, vendor: 'x', validate } },
    { '~standard': { version: '1', vendor: 'x', validate } },
    { '~standard': { version: 1, vendor: 'x' } },
    { '~standard': { version: 1, vendor: 'x', validate: {} } },
  ])('no schema can be %o', (schema) => {
    for (const name of ['input', 'consumes', 'output', 'yields']) {
      expect(() => untyped.rpc?.({ [name]: schema })).toThrow(invalidArgument);
    }
    expect(() => untyped.rpc?.({ errors: { FULL: schema } })).toThrow(invalidArgument);
    expect(() => untyped.topic?.(schema)).toThrow(invalidArgument);
  });

  it.each([null, 5, [], z.string(), { FULL: undefined }, { '': z.string() }, { ['x'.repeat(257)]: z.string() }])(
    'the errors of an API cannot be %o',
    (errors) => {
      expect(() => untyped.rpc?.({ errors })).toThrow(invalidArgument);
    },
  );

  it('an API has an output, or yields, not both', () => {
    expect(() => untyped.rpc?.({ output: z.string(), yields: z.string() })).toThrow(invalidArgument);
  });

  it('an API has no schema of another name', () => {
    expect(() => untyped.rpc?.({ inputs: z.string() })).toThrow(invalidArgument);
    expect(() => untyped.rpc?.({ outputs: undefined, toString: z.string() })).toThrow(invalidArgument);
  });
});

describe.each([
  {
    vendor: 'zod',
    length: z.object({ text: z.string().transform((text) => text.length) }),
  },
  {
    vendor: 'valibot',
    length: v.object({
      text: v.pipe(
        v.string(),
        v.transform((text) => text.length),
      ),
    }),
  },
  {
    vendor: 'arktype',
    length: type({ text: type('string').pipe((text) => text.length) }),
  },
])('validation by $vendor', ({ length }) => {
  it('gives the parsed value at once', () => {
    expect(validateValue(length, { text: 'abc' }, inputInvalid('create'))).toEqual({ text: 3 });
  });

  it('tells where a value is wrong', () => {
    const error = thrownBy(() => validateValue(length, { text: 5 }, inputInvalid('create')));
    expect(error).toBeInstanceOf(P2PError);
    expect(error).toMatchObject({
      code: 'INPUT_INVALID',
      details: { api: 'create', issues: [{ message: expect.stringMatching(/string/i), path: ['text'] }] },
    });
  });

  it('tells it in plain arrays and objects, as they cross the wire', () => {
    const { details } = thrownBy(() => validateValue(length, { text: 5 }, inputInvalid('create'))) as P2PError;
    expect(JSON.parse(JSON.stringify(details))).toStrictEqual(details);
  });

  it('takes whatever comes from outside', () => {
    const hostile = [undefined, null, 5, 'x', [], JSON.parse('{"__proto__": {"text": "x"}}')];
    for (const value of hostile) {
      expect(() => validateValue(length, value, outputInvalid('create'))).toThrow(
        expect.objectContaining({ code: 'OUTPUT_INVALID' }),
      );
    }
  });

  it('makes declared errors of parsed data', () => {
    const contract = defineService('x', { create: rpc({ errors: { WRONG: length as StandardSchemaV1 } }) });
    const error = serviceErrors('create', contract.entries.create)('WRONG', { text: 'abc' });
    expect(error).toMatchObject({ code: 'SERVICE_ERROR', details: { error: 'WRONG', data: { text: 3 } } });
    expect(declaredError(contract, 'create', error)).toEqual({ error: 'WRONG', data: { text: 3 } });
  });
});

describe('validation', () => {
  const invalid: InvalidValue = inputInvalid('create');
  const notNo = async (text: string) => text !== 'no';

  it.each([
    { vendor: 'zod', schema: z.object({ text: z.string().refine(notNo) }) },
    { vendor: 'valibot', schema: v.objectAsync({ text: v.pipeAsync(v.string(), v.checkAsync(notNo)) }) },
  ])('waits for a schema of $vendor that answers by a promise', async ({ schema }) => {
    const given = validateValue(schema, { text: 'yes' }, invalid);
    expect(given).toBeInstanceOf(Promise);
    await expect(given).resolves.toEqual({ text: 'yes' });
    await expect(validateValue(schema, { text: 'no' }, invalid)).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      details: { issues: [{ path: ['text'] }] },
    });
  });

  it('a validator that throws is a failure with its cause, and not the fault of the value', () => {
    const cause = new Error('broken');
    const schema = schemaOf(() => {
      throw cause;
    });
    const error = thrownBy(() => validateValue(schema, 1, invalid));
    expect(error).toBeInstanceOf(P2PError);
    expect(error).toMatchObject({ code: 'HANDLER_FAILED', cause });
  });

  it('a validator that rejects is a failure with its cause', async () => {
    const cause = new Error('broken');
    const rejecting = schemaOf(() => Promise.reject(cause));
    await expect(validateValue(rejecting, 1, invalid)).rejects.toMatchObject({ code: 'HANDLER_FAILED', cause });
  });

  it('a P2PError of a validator stays as it is', async () => {
    const own = new P2PError('ABORTED', 'by the validator');
    const throwing = schemaOf(() => {
      throw own;
    });
    expect(thrownBy(() => validateValue(throwing, 1, invalid))).toBe(own);
    await expect(
      validateValue(
        schemaOf(() => Promise.reject(own)),
        1,
        invalid,
      ),
    ).rejects.toBe(own);
  });

  it.each([undefined, null, 5])('a validator whose result is %j has failed', async (result) => {
    const failure = { name: 'P2PError', code: 'HANDLER_FAILED' };
    const broken = schemaOf(() => result as never);
    expect(thrownBy(() => validateValue(broken, 1, invalid))).toMatchObject(failure);
    const brokenLater = schemaOf(async () => result as never);
    await expect(validateValue(brokenLater, 1, invalid)).rejects.toMatchObject(failure);
  });

  it('a path is made of strings and numbers, however it is written', () => {
    const path = ['list', 0, { key: 'name' }, { key: 1 }, Symbol('s'), { key: Symbol('t') }];
    const schema = schemaOf(() => ({ issues: [{ message: 'wrong', path }, { message: 'all of it' }] }));
    expect(thrownBy(() => validateValue(schema, 1, invalid))).toMatchObject({
      details: {
        issues: [
          { message: 'wrong', path: ['list', 0, 'name', 1, 'Symbol(s)', 'Symbol(t)'] },
          { message: 'all of it', path: [] },
        ],
      },
    });
  });

  it.each([20, 21])('of %i issues, at most 20 are told', (count) => {
    const schema = schemaOf(() => ({ issues: Array.from({ length: count }, () => ({ message: 'wrong' })) }));
    const error = thrownBy(() => validateValue(schema, 1, invalid)) as P2PError;
    expect(error.details.issues).toHaveLength(20);
  });

  it('an issue that quotes a long value, or leads deep into it, is cut', () => {
    const long = 'x'.repeat(257);
    const path = Array.from({ length: 65 }, () => long);
    const schema = schemaOf(() => ({ issues: [{ message: long, path }] }));
    const error = thrownBy(() => validateValue(schema, 1, invalid)) as P2PError;
    const cut = 'x'.repeat(256);
    expect(error.details.issues).toEqual([{ message: cut, path: Array.from({ length: 64 }, () => cut) }]);
  });

  it('a schema is called as a method of its own', () => {
    const standard = {
      version: 1,
      vendor: 'test',
      suffix: '!',
      validate(value: unknown) {
        return { value: `${value}${this.suffix}` };
      },
    } as const;
    expect(validateValue({ '~standard': standard }, 'hi', invalid)).toBe('hi!');
  });
});

describe('declared errors', () => {
  const errors = { FULL: z.object({ limit: z.number() }), CLOSED: z.undefined() };
  const jobs = defineService('jobs', { create: rpc({ errors }), list: rpc() });
  const error = serviceErrors('create', jobs.entries.create);

  it('carry their name and data, and a message', () => {
    expect(error('FULL', { limit: 5 }).message).toContain('FULL');
    expect(error('FULL', { limit: 5 }, 'Enough')).toMatchObject({ code: 'SERVICE_ERROR', message: 'Enough' });
    expect(declaredError(jobs, 'create', error('FULL', { limit: 5 }))).toEqual({ error: 'FULL', data: { limit: 5 } });
    expect(declaredError(jobs, 'create', error('CLOSED'))).toEqual({ error: 'CLOSED', data: undefined });
  });

  it('are refused when they are not declared, or their data are not as declared', () => {
    expect(() => error('NO_SUCH')).toThrow(invalidArgument);
    expect(() => serviceErrors('list', jobs.entries.list)('FULL', { limit: 5 })).toThrow(invalidArgument);
    expect(() => error('FULL', { limit: 'many' })).toThrow(expect.objectContaining({ code: 'OUTPUT_INVALID' }));
  });

  it('are refused when their schema answers by a promise', () => {
    const slow = rpc({ errors: { SLOW: schemaOf(() => Promise.reject(new Error('unheard'))) } });
    expect(() => serviceErrors('create', slow)('SLOW')).toThrow(invalidArgument);
  });

  it.each([
    undefined,
    null,
    'FULL',
    new Error('FULL'),
    { code: 'SERVICE_ERROR', details: { error: 'FULL' } },
    new P2PError('TIMEOUT', '', { details: { error: 'FULL' } }),
    new P2PError('SERVICE_ERROR', ''),
    new P2PError('SERVICE_ERROR', '', { details: { error: 'NO_SUCH' } }),
    new P2PError('SERVICE_ERROR', '', { details: { error: ['FULL'] } }),
  ])('%o is none of them', (other) => {
    expect(declaredError(jobs, 'create', other)).toBeUndefined();
  });

  it('belong to the API that declares them', () => {
    expect(declaredError(jobs, 'list', error('FULL', { limit: 5 }))).toBeUndefined();
  });
});
