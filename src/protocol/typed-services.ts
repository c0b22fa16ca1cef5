import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { P2PError } from './p2p-error.js';

/** The errors that an API declares: for each name, what its data look like. */
export type ErrorSchemas = Readonly<Record<string, StandardSchemaV1>>;

/** What goes in and out of an API. Each schema is optional, and `output` and `yields` exclude each other. */
export type RpcSchemas = {
  /** The one argument of a call. */
  readonly input?: StandardSchemaV1;
  /** Each item that the caller sends after the input. */
  readonly consumes?: StandardSchemaV1;
  /** The errors that the handler makes by `call.error`. */
  readonly errors?: ErrorSchemas;
} & (
  | {
      /** The one value that is the answer. */
      readonly output?: StandardSchemaV1;
      readonly yields?: never;
    }
  | {
      readonly output?: never;
      /** Each item of an answer that is a row of them. */
      readonly yields?: StandardSchemaV1;
    }
);

/** An API of a service, as `rpc()` makes it. */
export interface RpcContract<Schemas extends RpcSchemas = RpcSchemas> {
  readonly kind: 'rpc';
  readonly schemas: Readonly<Schemas>;
}

/** A topic of a service, as `topic()` makes it. */
export interface TopicContract<Schema extends StandardSchemaV1 | undefined = StandardSchemaV1 | undefined> {
  readonly kind: 'topic';
  readonly schema: Schema;
}

/** The APIs and topics of a service by their names. */
export type ServiceEntries = Readonly<Record<string, RpcContract | TopicContract>>;

/** What a service offers, as `defineService()` makes it: provider and callers share it. */
export interface ServiceContract<Name extends string = string, Entries extends ServiceEntries = ServiceEntries> {
  readonly kind: 'service';
  /** The client id of the service. */
  readonly name: Name;
  /** Inherits nothing, so any name may be looked up in it. */
  readonly entries: Readonly<Entries>;
}

/** The names of a contract's APIs. */
export type ApiName<Contract extends ServiceContract> = EntryName<Contract['entries'], RpcContract>;

/** The names of a contract's topics. */
export type TopicName<Contract extends ServiceContract> = EntryName<Contract['entries'], TopicContract>;

/** What a caller passes: the input and the items, as far as they are declared. */
export type CallArguments<Contract extends ServiceContract, Api extends ApiName<Contract>> = [
  ...InputToCall<SchemasOf<Contract, Api>>,
  ...ItemsToCall<SchemasOf<Contract, Api>>,
];

/** What a caller gets: the output, or the items that the handler yields; `unknown` where neither is declared. */
export type CallResult<Contract extends ServiceContract, Api extends ApiName<Contract>> =
  SchemasOf<Contract, Api> extends { readonly output: infer Output extends StandardSchemaV1 }
    ? StandardSchemaV1.InferOutput<Output>
    : SchemasOf<Contract, Api> extends { readonly yields: infer Item extends StandardSchemaV1 }
      ? AsyncIterable<StandardSchemaV1.InferOutput<Item>>
      : unknown;

/** One handler for each API of a contract. */
export type ServiceHandlers<Contract extends ServiceContract> = {
  readonly [Api in ApiName<Contract>]: ServiceHandler<Contract, Api>;
};

/** What answers an API: it takes the parsed input and the parsed items, as far as they are declared, then the call. */
export type ServiceHandler<Contract extends ServiceContract, Api extends ApiName<Contract>> = (
  ...args: [
    ...InputToHandler<SchemasOf<Contract, Api>>,
    ...ItemsToHandler<SchemasOf<Contract, Api>>,
    call: ContractCall<ErrorsOf<SchemasOf<Contract, Api>>>,
  ]
) => HandlerResult<SchemasOf<Contract, Api>>;

/** What a service publishes on a topic; of a topic without a schema, anything. */
export type PublishedValue<Contract extends ServiceContract, Topic extends TopicName<Contract>> =
  TopicSchema<Contract, Topic> extends infer Schema extends StandardSchemaV1
    ? StandardSchemaV1.InferInput<Schema>
    : unknown;

/** What a subscriber of a topic gets; of a topic without a schema, anything. */
export type ReceivedValue<Contract extends ServiceContract, Topic extends TopicName<Contract>> =
  TopicSchema<Contract, Topic> extends infer Schema extends StandardSchemaV1
    ? StandardSchemaV1.InferOutput<Schema>
    : unknown;

/** The declared errors of an API, told apart by `error`. */
export type DeclaredError<Contract extends ServiceContract, Api extends ApiName<Contract>> = ErrorUnion<
  ErrorsOf<SchemasOf<Contract, Api>>
>;

/** What a handler knows of the call that it answers. */
export interface ServiceCall {
  /** The client id of the caller, stamped by the server. */
  readonly caller: string;
  /** The name of the service that was called: a provider may be several. */
  readonly service: string;
  readonly api: string;
  /** The time that was left for the answer when the server sent the call on, in ms. */
  readonly timeout: number;
  /**
   * Aborts when nobody waits for the answer any more: its deadline has passed, or the caller gave up or is gone.
   * The reason is a `P2PError`.
   */
  readonly signal: AbortSignal;
}

/** The call of an API of a contract: beside the facts, it makes the errors that are declared. */
export interface ContractCall<Errors extends ErrorSchemas = ErrorSchemas> extends ServiceCall {
  /**
   * Makes a declared error, to be thrown: a `P2PError` with the code `SERVICE_ERROR`.
   * @throws P2PError `OUTPUT_INVALID` when the data are not as declared; `INVALID_ARGUMENT` when the error is not
   * declared, or its schema answers by a promise only
   */
  error<Name extends keyof Errors & string>(name: Name, ...args: ErrorArguments<Errors[Name]>): P2PError;
}

/** The data of an error, which may be left out if they may be `undefined`, and a message for people. */
export type ErrorArguments<Schema extends StandardSchemaV1> =
  undefined extends StandardSchemaV1.InferInput<Schema>
    ? [data?: StandardSchemaV1.InferInput<Schema>, message?: string]
    : [data: StandardSchemaV1.InferInput<Schema>, message?: string];

type EntryName<Entries extends ServiceEntries, Entry> = {
  [Name in keyof Entries]: Extract<Entries[Name], Entry> extends never ? never : Name;
}[keyof Entries] &
  string;

type SchemasOf<Contract extends ServiceContract, Api extends ApiName<Contract>> =
  Extract<Contract['entries'][Api], RpcContract> extends RpcContract<infer Schemas> ? Schemas : never;

type TopicSchema<Contract extends ServiceContract, Topic extends TopicName<Contract>> = Extract<
  Contract['entries'][Topic],
  TopicContract
>['schema'];

type ErrorsOf<Schemas> = Schemas extends { readonly errors: infer Errors extends ErrorSchemas }
  ? Errors
  : Record<never, never>;

type ErrorUnion<Errors extends ErrorSchemas> = {
  [Name in keyof Errors]: { readonly error: Name; readonly data: StandardSchemaV1.InferOutput<Errors[Name]> };
}[keyof Errors];

type InputToCall<Schemas> = Schemas extends { readonly input: infer Input extends StandardSchemaV1 }
  ? undefined extends StandardSchemaV1.InferInput<Input>
    ? [input?: StandardSchemaV1.InferInput<Input>]
    : [input: StandardSchemaV1.InferInput<Input>]
  : [];

type ItemsToCall<Schemas> = Schemas extends { readonly consumes: infer Item extends StandardSchemaV1 }
  ? [items: AsyncIterable<StandardSchemaV1.InferInput<Item>> | Iterable<StandardSchemaV1.InferInput<Item>>]
  : [];

type InputToHandler<Schemas> = Schemas extends { readonly input: infer Input extends StandardSchemaV1 }
  ? [input: StandardSchemaV1.InferOutput<Input>]
  : [];

type ItemsToHandler<Schemas> = Schemas extends { readonly consumes: infer Item extends StandardSchemaV1 }
  ? [items: AsyncIterable<StandardSchemaV1.InferOutput<Item>>]
  : [];

type HandlerResult<Schemas> = Schemas extends { readonly output: infer Output extends StandardSchemaV1 }
  ? StandardSchemaV1.InferInput<Output> | PromiseLike<StandardSchemaV1.InferInput<Output>>
  : Schemas extends { readonly yields: infer Item extends StandardSchemaV1 }
    ? YieldedItems<Schemas, AsyncIterable<StandardSchemaV1.InferInput<Item>>>
    : unknown;

/** By a promise, what goes wrong before there are items rejects the call. Who takes items yields at once. */
type YieldedItems<Schemas, Items> = Schemas extends { readonly consumes: StandardSchemaV1 }
  ? Items
  : Items | PromiseLike<Items>;
