import { createRequire } from 'node:module';

/**
 * `ws` goes on without its helper in silence, and the helper without its native half.
 * @throws Error when what is measured with the helper would be measured without
 */
export function requireBufferutil(): void {
  const { unmask } = createRequire(import.meta.url)('bufferutil') as { unmask: object };
  if (!String(unmask).includes('[native code]')) throw new Error('bufferutil has no native code for this machine');
}
