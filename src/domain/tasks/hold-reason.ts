import { type EpochMs, epochMs } from '../model/ids.ts'
import type { Hold } from '../resources/admission/admission-gate.ts'
import type { WaitReason } from './wait-reason.ts'

/** What a hold means to the person who asks. */
export function holdReason(hold: Hold, now: EpochMs): WaitReason {
  const { code, target } = hold
  switch (hold.code) {
    case 'paused':
      return { code, target, changedBy: 'operator', message: `${target} is paused: ${hold.reason}` }
    case 'concurrency_limit': {
      const { limit, runningCount } = hold
      const message = `${runningCount} tasks of ${target} run, and its concurrency limit is ${limit}`
      return { code, target, changedBy: limit === 0 ? 'operator' : 'agents', message }
    }
    case 'rate_limit': {
      const until = epochMs(now + hold.retryInMs)
      return {
        code,
        target,
        changedBy: 'time',
        until,
        message: `the rate limit of ${target} is used up for now`,
      }
    }
    case 'budget_exhausted': {
      const message = `the budget of ${target} has too few ${hold.unit} left; top it up`
      return { code, target, changedBy: 'operator', message }
    }
    default:
      return hold satisfies never
  }
}
