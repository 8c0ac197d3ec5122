import { type EventDraft, eventDraft } from '../../../model/events.ts'
import type { EpochMs } from '../../../model/ids.ts'
import type { RoundState } from './round-state.ts'
import type { RoundEffect } from './round-step.ts'

/** What the log says of a transition of a round. */
export function eventsOf(
  { roundId, model, updates }: RoundState,
  effects: readonly RoundEffect[],
  time: EpochMs,
): readonly EventDraft[] {
  const updateCount = updates.length
  return effects.flatMap((effect): readonly EventDraft[] => {
    switch (effect.type) {
      case 'update_accepted': {
        const { agentId, sha256, bytes, weight } = effect.update
        const data = { model, agentId, sha256, bytes, weight }
        return [eventDraft('learning.update_accepted', roundId, time, data)]
      }
      case 'update_refused': {
        const { agentId, reason } = effect
        return [eventDraft('learning.update_refused', roundId, time, { model, agentId, reason })]
      }
      case 'coordinator_changed': {
        const { agentId, electorateEpoch: epoch, term } = effect.fence
        return [eventDraft('learning.coordinator_changed', roundId, time, { model, agentId, epoch, term })]
      }
      case 'closed':
        return [eventDraft('learning.round_closed', roundId, time, { model, by: effect.by, updateCount })]
      case 'completed': {
        const { version } = effect
        return [eventDraft('learning.round_completed', roundId, time, { model, version, updateCount })]
      }
      case 'failed': {
        const { failure: cause } = effect
        return [eventDraft('learning.round_failed', roundId, time, { model, cause, updateCount })]
      }
      default:
        return []
    }
  })
}
