import { chooseArm } from '#domain/intelligence/learning/estimates/advice.ts'
import { SharedEstimates } from '#domain/intelligence/learning/estimates/shared-estimates.ts'
import { epochMs } from '#domain/model/ids.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'

const TYPES = 12
const METHODS = Array.from({ length: 8 }, (_, index) => `method-${index}`)
const GOOD = 0.9
const BAD = 0.35
const WINDOW = 200
const TARGET = 0.8
const TASKS_MAX = 30_000

/** C1: one of eight methods is good for each of twelve types. Agents take turns; how long until 8 of 10 tasks succeed? */
export function plantedMethodsRows({ seeds, onProgress }: ProtocolRequest): ProtocolRow[] {
  return [5, 10].map((agentCount): ProtocolRow => {
    onProgress(`planted methods, ${agentCount} agents`)
    const shared = seeds.map((seed) => tasksUntilGood(agentCount, true, seed))
    const alone = seeds.map((seed) => tasksUntilGood(agentCount, false, seed))
    const mean = shared.reduce((sum, value) => sum + value, 0) / shared.length
    return {
      what: `C1, ${agentCount} agents, tasks until ${TARGET} of ${WINDOW} succeed`,
      figures: shared,
      bar: { is: 'at most', limit: 900 },
      ablation: {
        what: 'sharing off',
        figures: alone,
        bar: { is: 'at least', limit: 3 * mean },
      },
    }
  })
}

export function tasksUntilGood(agentCount: number, isShared: boolean, seed: number): number {
  const random = new SeededRandom(seed)
  const bestOf = Array.from({ length: TYPES }, () => random.pick(METHODS))
  const memories = Array.from({ length: isShared ? 1 : agentCount }, newMemory)
  const outcomes: boolean[] = []
  let successes = 0
  for (let task = 0; task < TASKS_MAX; task++) {
    const memory = memories[task % memories.length] ?? newMemory()
    const kind = random.integer(TYPES)
    const type = `type-${kind}`
    const arm = chooseArm(METHODS, memory.of(type), { costWeight: 0 }, random) ?? ''
    const isSuccess = random.next() < (bestOf[kind] === arm ? GOOD : BAD)
    memory.record({ type, arm, isSuccess, at: epochMs(task) })
    outcomes.push(isSuccess)
    successes += Number(isSuccess) - Number(outcomes[task - WINDOW] ?? false)
    if (task >= WINDOW && successes >= TARGET * WINDOW) return task + 1
  }
  return TASKS_MAX
}

function newMemory(): SharedEstimates {
  return new SharedEstimates({ keep: 1, typesMax: 1_000, armsMax: 100 })
}
