import { callGuarded, isThenable } from '../async/call-guarded.js';
import { isP2PError, P2PError } from '../protocol/p2p-error.js';
import { createNodeDuplex, duplexClass, type NodeDuplex } from '../stream/node-duplex.js';
import type { StreamEnd } from '../stream/stream-end.js';
import { type Acceptance, refusalIn } from './acceptance.js';
import { checkListener } from './call-arguments.js';
import type { StreamRequest } from './peer-handler.js';
import { type P2PStream, webStreamsOf } from './stream-calls.js';
import {
  type AcceptOptions,
  checkAcceptOptions,
  type DuplexOptions,
  duplexSettingsOf,
  type IncomingStream,
  limitsOf,
} from './stream-options.js';

interface Acceptor {
  readonly options: AcceptOptions;
  readonly use: (end: StreamEnd, incoming: IncomingStream) => void;
}

interface Asked {
  readonly request: StreamRequest;
  readonly incoming: IncomingStream;
  readonly acceptor: Acceptor;
}

/** Who takes the streams that peers open: one at a time. */
export class StreamAcceptor {
  readonly #failed: (error: P2PError) => void;
  #acceptor: Acceptor | undefined;

  constructor(failed: (error: P2PError) => void) {
    this.#failed = failed;
  }

  /** @throws P2PError `INVALID_ARGUMENT`, `UNSUPPORTED` where there is no Duplex */
  acceptDuplexes(
    options: AcceptOptions & DuplexOptions,
    callback: (duplex: NodeDuplex, incoming: IncomingStream) => unknown,
  ): () => void {
    checkAcceptOptions(options);
    checkListener(callback);
    const settings = { ...duplexSettingsOf(options), Duplex: duplexClass(options.Duplex), failed: this.#failed };
    const use = (end: StreamEnd, incoming: IncomingStream) => {
      const duplex = createNodeDuplex(end, settings);
      this.#call(
        () => callback(duplex, incoming),
        end,
        () => duplex.destroy(),
      );
    };
    return this.#start({ options, use });
  }

  /** @throws P2PError `INVALID_ARGUMENT` */
  acceptWebStreams(options: AcceptOptions, callback: (stream: P2PStream) => unknown): () => void {
    checkAcceptOptions(options);
    checkListener(callback);
    const use = (end: StreamEnd, incoming: IncomingStream) => {
      const stream = webStreamsOf(end, incoming);
      this.#call(() => callback(stream), end, stream.reset);
    };
    return this.#start({ options, use });
  }

  stop(): void {
    this.#acceptor = undefined;
  }

  /** A peer asks; answered when the application has decided: if that is at once, then without anything in between. */
  asked(request: StreamRequest): void {
    const acceptor = this.#acceptor;
    const refuse = (error: unknown) => request.reject(this.#refusalFor(error));
    try {
      if (!acceptor) throw noAcceptor();
      const incoming = readRequest(request);
      const verdict = decide(acceptor.options, incoming);
      const conclude = (decided: Acceptance) => this.#conclude(decided, { request, incoming, acceptor });
      if (isThenable(verdict)) Promise.resolve(verdict).then(conclude).catch(refuse);
      else conclude(verdict);
    } catch (error) {
      refuse(error);
    }
  }

  #conclude(verdict: Acceptance, { request, incoming, acceptor }: Asked): void {
    const refusal = refusalIn(verdict, 'The stream was refused');
    if (refusal) throw new P2PError('STREAM_REFUSED', refusal);
    if (this.#acceptor !== acceptor) throw noAcceptor();
    const end = request.accept(limitsOf(acceptor.options));
    if (!end) return;
    try {
      acceptor.use(end, incoming);
    } catch (error) {
      // A class that was given for the Duplex, say: the opener waits for no answer any more.
      const failure = handlerFailed(error);
      end.reset(failure);
      this.#failed(failure);
    }
  }

  #start(acceptor: Acceptor): () => void {
    if (this.#acceptor) {
      throw new P2PError('INVALID_ARGUMENT', 'Streams are accepted already: call offAddP2pStream first');
    }
    this.#acceptor = acceptor;
    return () => {
      if (this.#acceptor === acceptor) this.stop();
    };
  }

  #call(callback: () => unknown, end: StreamEnd, discard: (error: P2PError) => void): void {
    const call = () => {
      const result = callback();
      return isThenable(result) ? end.whileBusy(result) : undefined;
    };
    callGuarded(call, [], (cause) => {
      const error = handlerFailed(cause);
      end.reset(error);
      discard(error);
      this.#failed(error);
    });
  }

  /** What the opener is told; what nobody meant to happen is told here too. */
  #refusalFor(error: unknown): P2PError {
    if (isP2PError(error)) return error;
    const failure = handlerFailed(error);
    this.#failed(failure);
    return failure;
  }
}

/** @throws P2PError `PAYLOAD_INVALID` */
function readRequest({ peer, mode, metadata }: StreamRequest): IncomingStream {
  return { from: peer, metadata: metadata.args[0], objectMode: mode === 'objects' };
}

function decide({ objectMode, accept }: AcceptOptions, incoming: IncomingStream): Acceptance | PromiseLike<Acceptance> {
  if (objectMode !== undefined && objectMode !== incoming.objectMode) {
    return `Only streams of ${objectMode ? 'objects' : 'bytes'} are accepted here`;
  }
  return accept ? accept(incoming) : true;
}

function noAcceptor(): P2PError {
  return new P2PError('NO_LISTENER', 'No streams are accepted there');
}

function handlerFailed(cause: unknown): P2PError {
  return isP2PError(cause) ? cause : new P2PError('HANDLER_FAILED', 'An acceptor of streams failed', { cause });
}
