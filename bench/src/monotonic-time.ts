/** The system's monotonic clock, in ms: unlike `performance.now()`, all processes of one machine read the same. */
export function monotonicTime(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
