import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'apps/*/test/**/*.test.ts'],
    restoreMocks: true,
    // As with most users: only the benchmarks need bufferutil, but all that is installed here finds it.
    env: { WS_NO_BUFFER_UTIL: '1' },
    // A guard against hanging, on machines of any speed: no test waits for time to pass.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
