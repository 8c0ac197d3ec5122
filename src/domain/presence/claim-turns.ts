import type { ClaimRequest } from '../agents/agent-service.ts'
import type { Assignment } from '../model/assignment.ts'
import type { Clock } from '../ports/clock.ts'

/** Shorter than the time after which a call to another node counts as lost. */
const TURN_MS = 500

export interface ClaimTurnsModules {
  readonly clock: Clock
  /** Whether the swarm is coordinated on this node, where a claim may wait as long as it likes. */
  isLocal(): boolean
  claim(request: ClaimRequest): Promise<readonly Assignment[]>
}

/** Claims that wait long, as several that wait shortly where they have to cross to another node. */
export class ClaimTurns {
  readonly #modules: ClaimTurnsModules
  readonly #underWay = new Set<string>()

  constructor(modules: ClaimTurnsModules) {
    this.#modules = modules
  }

  async claim(request: ClaimRequest): Promise<readonly Assignment[]> {
    const { claimId } = request
    this.#underWay.add(claimId)
    try {
      return await this.#claimInTurns(request, () => this.#underWay.has(claimId))
    } finally {
      this.#underWay.delete(claimId)
    }
  }

  /** Nobody waits for the answer any more. */
  withdraw(claimId: string): void {
    this.#underWay.delete(claimId)
  }

  async #claimInTurns(request: ClaimRequest, isWanted: () => boolean): Promise<readonly Assignment[]> {
    const { clock, isLocal, claim } = this.#modules
    const endsAt = clock.monotonic() + request.waitMs
    for (;;) {
      const leftMs = Math.max(0, endsAt - clock.monotonic())
      const waitMs = isLocal() ? leftMs : Math.min(leftMs, TURN_MS)
      const askedAt = clock.monotonic()
      const assignments = await claim({ ...request, waitMs })
      // One that was answered before its turn was over is not to be asked again: the node drains, or a newer claim came.
      const isOver = waitMs === leftMs || clock.monotonic() < askedAt + waitMs
      if (assignments.length > 0 || isOver || !isWanted()) return assignments
    }
  }
}
