import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
    // A guard against hanging, on machines of any speed: no test waits for time to pass.
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
});
