import type { EpochMs } from '../../../model/ids.ts'
import type { EventDraft } from '../../../ports/records.ts'
import type { RoundState } from './round-state.ts'
import type { RoundEffect } from './round-step.ts'

/** What the log says of a transition of a round. */
export function eventsOf(
  { roundId, model, updates }: RoundState,
  effects: readonly RoundEffect[],
  time: EpochMs,
): readonly EventDraft[] {
  const event = (type: string, data: EventDraft['data']): EventDraft[] => [
    { type: `learning.${type}`, subject: roundId, time, data: { model, ...data } },
  ]
  return effects.flatMap((effect): readonly EventDraft[] => {
    switch (effect.type) {
      case 'update_accepted': {
        const { agentId, sha256, bytes, weight } = effect.update
        return event('update_accepted', { agentId, sha256, bytes, weight })
      }
      case 'update_refused':
        return event('update_refused', { agentId: effect.agentId, reason: effect.reason })
      case 'coordinator_changed': {
        const { agentId, electorateEpoch, term } = effect.fence
        return event('coordinator_changed', { agentId, epoch: electorateEpoch, term })
      }
      case 'closed':
        return event('round_closed', { by: effect.by, updateCount: updates.length })
      case 'completed':
        return event('round_completed', { version: effect.version, updateCount: updates.length })
      case 'failed':
        return event('round_failed', { failure: effect.failure, updateCount: updates.length })
      default:
        return []
    }
  })
}
