import { defineConfig } from 'vitest/config'

// Forks, not threads: the owner of a data directory binds its socket by a path relative to the process.
export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
  },
})
