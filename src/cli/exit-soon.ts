/** How long connections may take to close, in ms. */
const CLOSING_TIME = 1_000;

/** Ends the process when its connections are closed, or have taken too long for that. */
export function exitSoon(): void {
  setTimeout(() => process.exit(), CLOSING_TIME).unref();
}
