/** A line on stderr. */
export function notice(text: string): void {
  console.error(`p2p: ${text}`);
}
