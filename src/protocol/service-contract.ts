import type { StandardSchemaV1 } from '@standard-schema/spec';
import { checkOwnApi, checkPeer, invalidArgument } from './check-names.js';
import { isName } from './identifiers.js';
import { MAX_DEPTH } from './limits.js';
import { isP2PError, P2PError } from './p2p-error.js';
import type {
  ApiName,
  ContractCall,
  DeclaredError,
  RpcContract,
  RpcSchemas,
  ServiceContract,
  ServiceEntries,
  TopicContract,
} from './typed-services.js';

/** What a value was found wrong by becomes the error that tells it. */
export type InvalidValue = (issues: readonly StandardSchemaV1.Issue[]) => P2PError;

/** Most issues that an error tells. */
const MAX_ISSUES = 20;

/** Longest text of an issue, in characters: validators quote what they were given, and that may be long. */
const MAX_ISSUE_LENGTH = 256;

/** A property of all contracts; in the registry of symbols, because a program may hold this package twice. */
const CONTRACT = Symbol.for('socket.io-p2p-plugin.contract');

const SCHEMA_NAMES: ReadonlySet<string> = new Set(['input', 'consumes', 'output', 'yields']);

/** Refuses a schema under a name that no API knows: it would never validate anything. */
type NoOthers<Schemas> = { readonly [Other in Exclude<keyof Schemas, keyof RpcSchemas>]: never };

/**
 * Names a service and all that it offers, for its provider and its callers.
 * @param name The client id of the service.
 * @param entries What `rpc()` and `topic()` made; no name may begin with `p2p:`.
 * @throws P2PError `INVALID_ARGUMENT`
 */
export function defineService<Name extends string, Entries extends ServiceEntries>(
  name: Name,
  entries: Entries,
): ServiceContract<Name, Entries> {
  checkPeer(name);
  const copy = frozenCopy(entries, (entryName, entry) => {
    checkOwnApi(entryName);
    if (isMade(entry, 'rpc') || isMade(entry, 'topic')) return entry;
    throw invalidArgument(`"${entryName}" was not made by rpc() or topic()`);
  });
  return made({ kind: 'service', name, entries: copy as Entries });
}

/**
 * Declares an API. Without `input` it takes none; without `output` and `yields` its answer is `unknown`.
 * @throws P2PError `INVALID_ARGUMENT`
 */
export function rpc<Schemas extends RpcSchemas = Record<never, never>>(
  schemas?: Schemas & NoOthers<Schemas>,
): RpcContract<Schemas>;
export function rpc(schemas: RpcSchemas = {}): RpcContract {
  const copy = frozenCopy(schemas, (name, given) => {
    if (given === undefined) return undefined;
    if (name === 'errors') return frozenCopy(given, checkSchema);
    if (!SCHEMA_NAMES.has(name)) throw invalidArgument(`An API has no schema "${name}"`);
    return checkSchema(name, given);
  }) as RpcSchemas;
  if (copy.output && copy.yields) throw invalidArgument('An API has an output, or it yields items, not both');
  return made({ kind: 'rpc', schemas: copy });
}

/**
 * Declares a topic, and what is published on it.
 * @throws P2PError `INVALID_ARGUMENT`
 */
export function topic<Schema extends StandardSchemaV1 | undefined = undefined>(schema?: Schema): TopicContract<Schema> {
  if (schema !== undefined) checkSchema('schema', schema);
  return made({ kind: 'topic', schema: schema as Schema });
}

/** Whether `defineService()` made the value. */
export function isServiceContract(value: unknown): value is ServiceContract {
  return isMade(value, 'service');
}

/** The API of that name, which may come from outside. */
export function rpcOf(contract: ServiceContract, api: string): RpcContract | undefined {
  const entry = contract.entries[api];
  return entry?.kind === 'rpc' ? entry : undefined;
}

/** The topic of that name, which may come from outside. */
export function topicOf(contract: ServiceContract, name: string): TopicContract | undefined {
  const entry = contract.entries[name];
  return entry?.kind === 'topic' ? entry : undefined;
}

/**
 * The value as the schema parses it: at once, or by a promise if the schema answers by one.
 * @throws P2PError (or rejects with it) what `invalid` makes of the issues; `HANDLER_FAILED` when the validator itself
 * throws
 */
export function validateValue<Schema extends StandardSchemaV1>(
  schema: Schema,
  value: unknown,
  invalid: InvalidValue,
): StandardSchemaV1.InferOutput<Schema> | Promise<StandardSchemaV1.InferOutput<Schema>> {
  const parsed = (result: StandardSchemaV1.Result<unknown>) => {
    if (result.issues) throw invalid(result.issues);
    return result.value;
  };
  const failed = (cause: unknown): never => {
    throw validatorFailed(cause);
  };
  try {
    const result = resultOf(schema['~standard'].validate(value));
    if (!('then' in result)) return parsed(result);
    return Promise.resolve(result).then(resultOf).then(parsed).catch(failed);
  } catch (cause) {
    return failed(cause);
  }
}

/** Makes `INPUT_INVALID`, for what a caller sent. */
export function inputInvalid(api: string): InvalidValue {
  return (issues) => new P2PError('INPUT_INVALID', `The input of "${api}" is not as declared`, invalidity(api, issues));
}

/** Makes `OUTPUT_INVALID`, for what a handler answered or, under the name of its topic, published. */
export function outputInvalid(api: string): InvalidValue {
  return (issues) =>
    new P2PError('OUTPUT_INVALID', `The output of "${api}" is not as declared`, invalidity(api, issues));
}

/** Makes the `error` of the calls of one API: it validates the data, so that a caller gets them as parsed. */
export function serviceErrors(api: string, { schemas }: RpcContract): ContractCall['error'] {
  return (name, data, message = `"${api}" failed with ${name}`) => {
    const schema = schemas.errors?.[name];
    if (!schema) throw invalidArgument(`"${api}" declares no error "${name}"`);
    const parsed = validateValue(schema, data, outputInvalid(api));
    const details = { error: name, data: parsed };
    if (!(parsed instanceof Promise)) return new P2PError('SERVICE_ERROR', message, { details });
    parsed.catch(() => {});
    throw invalidArgument(`The schema of the error "${name}" answers by a promise`);
  };
}

/** For a caller: the error as the API declares it, or `undefined` if it is any other. */
export function declaredError<Contract extends ServiceContract, Api extends ApiName<Contract>>(
  contract: Contract,
  api: Api,
  error: unknown,
): DeclaredError<Contract, Api> | undefined {
  if (!isP2PError(error) || error.code !== 'SERVICE_ERROR') return undefined;
  const { error: name, data } = error.details;
  if (typeof name !== 'string' || !rpcOf(contract, api)?.schemas.errors?.[name]) return undefined;
  return { error: name, data } as DeclaredError<Contract, Api>;
}

function resultOf<Result>(result: Result): Result & object {
  if (typeof result === 'object' && result !== null) return result;
  throw new TypeError('The validator gave no result');
}

function validatorFailed(cause: unknown): P2PError {
  return isP2PError(cause) ? cause : new P2PError('HANDLER_FAILED', 'A validator failed', { cause });
}

/** What a validator gives may be of an `Array` class of its own, which `map` would make again. */
function invalidity(api: string, issues: readonly StandardSchemaV1.Issue[]) {
  const told = [...issues].slice(0, MAX_ISSUES).map(({ message, path = [] }) => ({
    message: shortened(message),
    path: [...path].slice(0, MAX_DEPTH).map(pathStep),
  }));
  return { details: { api, issues: told } };
}

function pathStep(segment: PropertyKey | StandardSchemaV1.PathSegment): string | number {
  const key = typeof segment === 'object' ? segment.key : segment;
  return typeof key === 'number' ? key : shortened(String(key));
}

function shortened(text: string): string {
  return text.slice(0, MAX_ISSUE_LENGTH);
}

/** A copy that stays as it was checked. It inherits nothing, so that no name finds more than was given. */
function frozenCopy(given: unknown, check: (name: string, value: unknown) => unknown): object {
  if (!isPlainObject(given)) throw invalidArgument('A contract is written as plain objects');
  const copy: Record<string, unknown> = Object.create(null);
  // Spread first: what is not enumerable is left out, as the name tag that a module has.
  const own = { ...given };
  for (const name of Reflect.ownKeys(own)) {
    if (!isName(name)) throw invalidArgument('A name in a contract is a string of 1 to 256 characters');
    copy[name] = check(name, own[name]);
  }
  return Object.freeze(copy);
}

/** In a literal, `__proto__: …` sets the prototype: an entry that would be lost without a word. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function checkSchema(name: string, value: unknown): StandardSchemaV1 {
  const isObject = (typeof value === 'object' && value !== null) || typeof value === 'function';
  const standard = isObject ? (value as Partial<StandardSchemaV1>)['~standard'] : undefined;
  if (standard?.version === 1 && typeof standard.validate === 'function') return value as StandardSchemaV1;
  throw invalidArgument(`"${name}" is no Standard Schema of version 1`);
}

function made<Contract extends object>(contract: Contract): Contract {
  return Object.freeze(Object.defineProperty(contract, CONTRACT, { value: true }));
}

function isMade(value: unknown, kind: string): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.hasOwn(value, CONTRACT) &&
    (value as { kind?: unknown }).kind === kind
  );
}
