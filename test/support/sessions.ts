import { Diagnostics } from '../../src/server/diagnostics.js';
import type { RawNamespace } from '../../src/server/raw-server.js';
import { readOptions } from '../../src/server/server-options.js';
import { Sessions } from '../../src/server/sessions.js';

export interface TestSessionsOptions {
  /** By default one that no socket is in. */
  readonly namespace?: RawNamespace;
  readonly logError: (message: string, error: unknown) => void;
}

/** The sessions of a server without the server around them. */
export function testSessions({ namespace = NO_SOCKETS, logError }: TestSessionsOptions): Sessions {
  const diagnostics = new Diagnostics('/');
  return new Sessions({ ...readOptions({}), namespace, logError, diagnostics, permission: undefined });
}

const NO_SOCKETS = { server: { encoder: undefined, opts: {} } } as unknown as RawNamespace;
