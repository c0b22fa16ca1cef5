interface Waiting {
  readonly timer: NodeJS.Timeout;
  readonly reject: (error: Error) => void;
}

/** What it takes Node alone to reject so many promises, each with a timer to clear, one after the other, in ms. */
export async function settleBare(count: number, timeout: number): Promise<number> {
  const waiting = new Map<number, Waiting>();
  let pending = count;
  const settled = new Promise<void>((resolve) => {
    for (let id = 0; id < count; id++) {
      const promise = new Promise<never>((_, reject) => {
        waiting.set(id, { reject, timer: setTimeout(reject, timeout, new Error('Too late')) });
      });
      promise.catch(() => --pending === 0 && resolve());
    }
  });
  const error = new Error('Gone');
  const start = performance.now();
  for (const [id, { timer, reject }] of waiting) {
    waiting.delete(id);
    clearTimeout(timer);
    reject(error);
  }
  await settled;
  return performance.now() - start;
}
