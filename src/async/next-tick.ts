type Defer = (task: () => void) => void;

interface NodeProcess {
  readonly versions?: { readonly node?: string };
  readonly nextTick: Defer;
}

const { process } = globalThis as { readonly process?: NodeProcess };

/** Runs a task after the present one, in the queue in which socket.io-client defers what has come: order is kept. */
export const nextTick: Defer = process?.versions?.node ? process.nextTick : queueMicrotask;
