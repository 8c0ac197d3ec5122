import type { Clock } from '../ports/clock.ts'
import type { Assignment } from './assignment.ts'
import type { ClaimRequest } from './swarm-service.ts'

/** Shorter than the time after which a call to another node counts as lost. */
const TURN_MS = 500

export interface ClaimTurnsModules {
  readonly clock: Clock
  /** Whether the swarm is coordinated on this node, where a claim may wait as long as it likes. */
  isLocal(): boolean
  claim(request: ClaimRequest): Promise<readonly Assignment[]>
}

/** A claim that waits long, as several that wait shortly where they have to cross to another node. */
export async function claimInTurns(
  request: ClaimRequest,
  { clock, isLocal, claim }: ClaimTurnsModules,
): Promise<readonly Assignment[]> {
  const endsAt = clock.monotonic() + request.waitMs
  for (;;) {
    const leftMs = Math.max(0, endsAt - clock.monotonic())
    const waitMs = isLocal() ? leftMs : Math.min(leftMs, TURN_MS)
    const askedAt = clock.monotonic()
    const assignments = await claim({ ...request, waitMs })
    // One that was answered before its turn was over is not to be asked again: the node drains, or a newer claim came.
    if (assignments.length > 0 || waitMs === leftMs || clock.monotonic() < askedAt + waitMs)
      return assignments
  }
}
