import { defineConfig } from 'vitest/config'

/** Lets `#layer/*.ts` imports reach src/ instead of dist/; vitest passes it on to its worker processes. */
const conditions = ['source', 'node']

interface ProjectShape {
  readonly name: string
  readonly include: readonly string[]
  /** Projects with a higher number start when all lower ones have ended. */
  readonly groupOrder: number
  readonly testTimeoutMs: number
  /** False for suites that kill processes and measure what follows: two at once would disturb each other. */
  readonly filesInParallel: boolean
  /** Further tries of a test that failed: for suites with real processes and real time on a busy machine, none elsewhere. */
  readonly retries: number
}

function project({ name, include, groupOrder, testTimeoutMs, filesInParallel, retries }: ProjectShape) {
  return {
    ssr: { resolve: { conditions } },
    test: {
      name,
      include: [...include],
      environment: 'node' as const,
      // Processes, not threads: lmdb and signal handling belong to a main thread.
      pool: 'forks' as const,
      // One load of the source a worker, not one a file: no test mocks a module, and loading takes longer than most tests.
      isolate: false,
      fileParallelism: filesInParallel,
      maxWorkers: filesInParallel ? 2 : 1,
      sequence: { groupOrder },
      retry: retries,
      testTimeout: testTimeoutMs,
      hookTimeout: testTimeoutMs,
    },
  }
}

export default defineConfig({
  test: {
    projects: [
      project({
        name: 'unit',
        include: ['test/unit/**/*.test.ts', 'test/architecture.test.ts'],
        groupOrder: 0,
        testTimeoutMs: 10_000,
        filesInParallel: true,
        retries: 0,
      }),
      project({
        name: 'property',
        include: ['test/property/**/*.test.ts'],
        groupOrder: 1,
        testTimeoutMs: 60_000,
        filesInParallel: true,
        retries: 0,
      }),
      project({
        name: 'contract',
        include: ['test/contract/**/*.test.ts'],
        groupOrder: 2,
        testTimeoutMs: 60_000,
        filesInParallel: true,
        retries: 1,
      }),
      project({
        name: 'sim',
        include: ['test/sim/**/*.test.ts'],
        groupOrder: 3,
        testTimeoutMs: 300_000,
        filesInParallel: true,
        retries: 0,
      }),
      project({
        name: 'e2e',
        include: ['test/e2e/**/*.test.ts'],
        groupOrder: 4,
        testTimeoutMs: 60_000,
        filesInParallel: true,
        retries: 1,
      }),
      project({
        name: 'chaos',
        include: ['test/chaos/**/*.test.ts'],
        groupOrder: 5,
        testTimeoutMs: 180_000,
        filesInParallel: false,
        retries: 1,
      }),
    ],
    coverage: { provider: 'v8', include: ['src/**/*.ts'], reporter: ['text-summary', 'lcov'] },
  },
})
