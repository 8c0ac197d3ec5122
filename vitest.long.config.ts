import { defineConfig } from 'vitest/config'

/** Tests that take many minutes and a machine of their own, and that CI does not run: `npm run test:chaos:long`. */
export default defineConfig({
  ssr: { resolve: { conditions: ['source', 'node'] } },
  test: { include: ['test/long/**/*.test.ts'], pool: 'forks', fileParallelism: false, maxWorkers: 1 },
})
