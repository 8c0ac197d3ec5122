import type { DistributionContext } from '#domain/distribution/distribution-strategy.ts'
import type { Candidate } from '#domain/resources/candidate.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { SAMPLE_TIME } from './sample-records.ts'

/** A context in which every task waits for nothing but an agent. */
export function distributionContext(
  given: Pick<DistributionContext, 'tasks' | 'candidatesFor'> & Partial<DistributionContext>,
): DistributionContext {
  const everyone = (): readonly Candidate[] =>
    given.candidatesFor({ key: '', capabilities: [], resources: {} })
  return {
    now: SAMPLE_TIME,
    random: new SeededRandom(1),
    candidate: (agentId) => everyone().find((candidate) => candidate.agentId === agentId),
    mayStart: () => true,
    ...given,
  }
}
