/** Methods as plain functions, so that each can be passed around by itself. */
export function boundCalls<Calls extends object, Name extends keyof Calls>(
  calls: Calls,
  names: readonly Name[],
): Pick<Calls, Name> {
  const entries = names.map((name) => [name, (calls[name] as (...args: unknown[]) => unknown).bind(calls)]);
  return Object.fromEntries(entries) as Pick<Calls, Name>;
}
