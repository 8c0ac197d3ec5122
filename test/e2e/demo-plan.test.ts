import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { LIMITS } from '#contract/limits.ts'
import { SwarmAgent, SwarmClient } from '#sdk/index.ts'
import { ALL_CAPABILITIES, REPORT } from '../../examples/code-review/capabilities.ts'
import { countTasks, type ReportPayload, submitDemo } from '../../examples/code-review/demo-plan.ts'
import type { PlannedFile } from '../../examples/code-review/review/review.ts'
import { startTestNode, type TestNode } from '../helpers/test-node.ts'

describe('the plan of a demo', () => {
  let node: TestNode
  let agent: SwarmAgent

  beforeEach(async () => {
    node = await startTestNode({ AMOS_DURABILITY: 'committed' })
    agent = new SwarmAgent({ url: node.url, capabilities: ALL_CAPABILITIES, slots: 100 })
  })
  afterEach(async () => {
    await agent.close()
    await node.close()
  })

  it.each([0, 3, LIMITS.dependsOnMax, LIMITS.dependsOnMax + 200])(
    'reports on %i files after all else is done',
    async (count) => {
      const files: PlannedFile[] = Array.from({ length: count }, (_, index) => ({
        path: `src/file-${index}.ts`,
        kinds: index % 2 === 0 ? ['secrets'] : ['complexity', 'secrets', 'duplication'],
      }))
      const client = new SwarmClient({ url: node.url })
      const done: string[] = []
      agent.handle('*', ({ type, payload }) => {
        done.push(type)
        return type === REPORT ? (payload as ReportPayload).followUpTaskIds.length : null
      })
      await agent.start()
      const { taskCount, reportTaskId, paths } = await submitDemo(client, files)
      const report = await client.waitForTask(reportTaskId, { timeoutMs: 50_000 })
      expect(report).toMatchObject({ status: 'completed', result: count })
      expect(taskCount).toBe(countTasks(files))
      expect(done).toHaveLength(taskCount)
      expect(done.at(-1)).toBe(REPORT)
      expect(new Set(paths.values())).toEqual(new Set(files.map(({ path }) => path)))
    },
  )
})
