import { isThenable } from '../async/call-guarded.js';
import { type MaybeLater, within } from '../async/later.js';
import { CLIENT_ID_RULE, isClientId } from '../protocol/identifiers.js';
import { isP2PError, P2PError } from '../protocol/p2p-error.js';
import type { Diagnostics } from './diagnostics.js';
import type { RawServerSocket } from './raw-server.js';

/** What `authenticate` may need besides the handshake. */
export interface AuthenticateContext {
  /** To keep in its `data` what `authorize` is to know. It may not be connected yet. */
  readonly socket: RawServerSocket;
  /**
   * The id that it asks for, or when it is asked again, has: a valid one, that it has not proved. Who is given another
   * one is refused with `CLIENT_ID_MISMATCH`. Undefined where it leaves that to the server.
   */
  readonly claimedId: string | undefined;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/**
 * Tells whose connection it is, by what the client sent with it: a token in `handshake.auth`, say. What it throws
 * refuses the client: a `P2PError` reaches it as it is, of anything else only the code `AUTH_FAILED`. Where it cannot
 * tell, its database being down, say, it throws a `P2PError` `AUTH_UNAVAILABLE`: the client tries again, and who is
 * connected stays. What it throws is not logged, but for a `TypeError` and the like without its message. No client id
 * (undefined) refuses it too, or, with the option `clientId: 'optional'`, leaves it alone.
 */
export type Authenticate = (
  handshake: RawServerSocket['handshake'],
  context: AuthenticateContext,
) => MaybeLater<string | undefined>;

export interface AuthenticationOptions {
  readonly authenticate: Authenticate;
  /** In ms. */
  readonly timeout: number;
  /** Whether one without a client id is refused. */
  readonly isRequired: boolean;
  readonly diagnostics: Diagnostics;
  readonly logError: (message: string, error: unknown) => void;
}

/** Asks the application who somebody is. */
export class Authentication {
  readonly #options: AuthenticationOptions;

  constructor(options: AuthenticationOptions) {
    this.#options = options;
  }

  /**
   * `claimed` is what the client calls itself, if it does.
   * @throws P2PError, as promises reject: `AUTH_FAILED`, `AUTH_UNAVAILABLE`, `CLIENT_ID_MISMATCH`, or what the application throws
   */
  async clientIdOf(socket: RawServerSocket, claimed: string | undefined): Promise<string | undefined> {
    const stop = new AbortController();
    const gone = () => stop.abort();
    socket.conn.once('close', gone);
    try {
      const { authenticate, timeout } = this.#options;
      const answer = authenticate(socket.handshake, { socket, claimedId: claimed, signal: stop.signal });
      const clientId = isThenable(answer) ? await within(answer, timeout, () => unavailable(timeout)) : answer;
      return this.#check(clientId, claimed);
    } catch (error) {
      if (isFault(error)) this.#options.logError('authenticate failed', withoutMessage(error));
      const refusal = this.#refusal(error);
      const { handshake, id } = socket;
      const facts = {
        clientId: claimed,
        socketId: id,
        address: handshake.address,
        code: refusal.code,
        error: nameOf(error),
      };
      this.#options.diagnostics.report('auth.fail', facts);
      throw refusal;
    } finally {
      socket.conn.off('close', gone);
      stop.abort();
    }
  }

  #check(clientId: unknown, claimed: string | undefined): string | undefined {
    if (clientId !== undefined && !isClientId(clientId)) {
      const problem = `It returned no client id, and not undefined. ${CLIENT_ID_RULE}`;
      this.#options.logError('authenticate failed', new P2PError('CLIENT_ID_INVALID', problem));
      throw notAccepted();
    }
    if (clientId === undefined && (claimed !== undefined || this.#options.isRequired)) throw notAccepted();
    if (claimed === undefined || claimed === clientId) return clientId;
    throw new P2PError('CLIENT_ID_MISMATCH', `The server does not know this client as "${claimed}"`, {
      details: { clientId: claimed },
    });
  }

  #refusal(error: unknown): P2PError {
    return isP2PError(error) ? error : notAccepted();
  }
}

/** What a mistake in the application throws, rather than one of the client. */
function isFault(error: unknown): error is Error {
  return error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError;
}

/** A message may hold what the client sent; the places where it came from do not. */
function withoutMessage({ name, stack = '' }: Error): string {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return [name, ...frames].join('\n');
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : typeof error;
}

function notAccepted(): P2PError {
  return new P2PError('AUTH_FAILED', 'The server does not accept this client');
}

function unavailable(timeout: number): P2PError {
  return new P2PError('AUTH_UNAVAILABLE', `The server could not find out within ${timeout} ms who this is`);
}
