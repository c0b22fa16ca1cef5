/** `true`, or `false`, or a reason to refuse. */
export type Acceptance = boolean | string;

/** Whatever is not a clear yes is a no: this may be what guards a stream or a topic. @returns why not, if it is a no */
export function refusalIn(verdict: unknown, otherwise: string): string | undefined {
  if (verdict === true) return undefined;
  return typeof verdict === 'string' && verdict ? verdict : otherwise;
}
