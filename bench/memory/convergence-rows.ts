import { runReplicas } from '../../test/helpers/memory/replica-network.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'

const TEN_MINUTES_MS = 600_000

/** Replicas under random operations and any delivery: how many different states, and whether they are the right ones. */
export function convergenceRows({ seeds, isQuick }: ProtocolRequest): readonly ProtocolRow[] {
  const operationCount = isQuick ? 1_000 : 10_000
  return [3, 10].map((replicaCount) => ({
    what: `different states of ${replicaCount} replicas after ${operationCount} operations`,
    figures: seeds.map((seed) => {
      const options = { seed, replicaCount, operationCount, clockErrorMs: TEN_MINUTES_MS }
      const { replicas, expectedCount, expectedElements } = runReplicas(options)
      const { count, elements } = replicas[0]!.values()
      if (count !== expectedCount || JSON.stringify(elements) !== JSON.stringify(expectedElements))
        return Number.NaN
      return new Set(replicas.map((replica) => replica.text())).size
    }),
    bar: { is: 'at most', limit: 1, of: 'each seed' },
  }))
}
