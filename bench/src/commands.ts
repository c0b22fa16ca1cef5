/** What one process of the benchmark can be told to do. Commands go one at a time; an argument must survive JSON. */
export type CommandSet<Commands> = Record<keyof Commands, (argument: never) => unknown>;

export interface Call {
  readonly name: string;
  readonly argument: unknown;
}

/** The answer to a call, or, at any time, the last words of a process that cannot go on. */
export type Reply =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string; readonly fatal: boolean };

/** The child's side: carries out what the parent calls for, and ends with the parent. */
export function serveCommands<Commands extends CommandSet<Commands>>(commands: Commands): void {
  process.on('disconnect', () => process.exit());
  process.on('uncaughtException', (error) => {
    send({ ok: false, message: error.message, fatal: true }, () => process.exit(1));
  });
  process.on('message', (message) => {
    // The parent is the only one who can send here.
    const { name, argument } = message as Call;
    const command: (argument: never) => unknown = commands[name as keyof Commands];
    new Promise((resolve) => resolve(command(argument as never))).then(
      (value) => send({ ok: true, value }),
      (error: unknown) => send({ ok: false, message: messageOf(error), fatal: false }),
    );
  });
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The child's side, for what goes wrong with no call to reject: it cannot go on, and the parent is told. */
export function giveUp(error: Error): void {
  setImmediate(() => {
    throw error;
  });
}

function send(reply: Reply, sent?: () => void): void {
  process.send?.(reply, undefined, undefined, sent);
}
