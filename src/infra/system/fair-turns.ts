import type { TenantId } from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { Admission, Turns } from '#domain/ports/turns.ts'

export interface FairTurnsModules {
  readonly clock: Pick<Clock, 'monotonic' | 'setTimer'>
  /** Calls back in the next turn of the event loop, after what is ready now: `setImmediate`. */
  nextTurn(callback: () => void): void
}

interface Waiting {
  readonly cost: number
  readonly begin: () => void
}

/** Work of one kind of one tenant that waits. */
interface Line {
  /** First in, first out. */
  readonly waiting: Waiting[]
  /** What it may still begin in this visit of the round, by cost. */
  credit: number
  isVisited: boolean
  isInRound: boolean
  /** The cost of its work that is in progress. Only requests are counted. */
  inProgress: number
}

interface Tenant {
  readonly requests: Line
  readonly other: Line
  activeAt: number
}

/** What begins in one turn while several tenants are active; one piece of work begins whatever its cost. */
const COST_PER_TURN = 1
/** More than that counts as that: the visits until its turn comes are counted one by one. */
const COST_MAX = 64
/** A tenant that asked for nothing for so long is not active. */
const ACTIVE_MS = 1_000
/** No further request of a tenant begins while so much of its requests is in progress, by cost, and another is active. */
export const IN_PROGRESS_MAX = 8
/** A request that takes longer, for each unit of its cost, waits for something else, and is no longer counted. */
export const IN_PROGRESS_MS = 5

/** {@link Turns} by deficit round robin (Shreedhar and Varghese, 1995), a small quantum for each turn of the event loop. */
export class FairTurns implements Turns {
  readonly #modules: FairTurnsModules
  /** The newest to ask last. */
  readonly #tenants = new Map<TenantId, Tenant>()
  /** Lines in which something waits that may begin; the first is visited, or the next to be. */
  readonly #round: Line[] = []
  #spent = 0
  #isTurnAsked = false

  constructor(modules: FairTurnsModules) {
    this.#modules = modules
  }

  enter(tenant: TenantId, cost: number): Promise<void> | undefined {
    return this.#join(this.#active(tenant).other, Math.min(cost, COST_MAX))
  }

  admit(tenant: TenantId, wantedCost: number): Admission {
    const cost = Math.min(wantedCost, COST_MAX)
    const line = this.#active(tenant).requests
    let cancelTimer: (() => void) | undefined
    let isCounted = false
    const end = (): void => {
      cancelTimer?.()
      if (!isCounted) return
      isCounted = false
      line.inProgress -= cost
      this.#takeIntoRound(line)
    }
    const begin = (): void => {
      isCounted = true
      line.inProgress += cost
      cancelTimer = this.#modules.clock.setTimer(IN_PROGRESS_MS * cost, end)
    }
    return { turn: this.#join(line, cost, begin), end }
  }

  waitingCount(tenant: TenantId): number {
    return this.#tenants.get(tenant)?.requests.waiting.length ?? 0
  }

  /** The tenant, which is active from now on. Others that are not any more are forgotten. */
  #active(id: TenantId): Tenant {
    const now = this.#modules.clock.monotonic()
    const tenant = this.#tenants.get(id) ?? { requests: emptyLine(), other: emptyLine(), activeAt: now }
    tenant.activeAt = now
    this.#tenants.delete(id)
    this.#tenants.set(id, tenant)
    for (const [other, { requests, activeAt }] of this.#tenants) {
      if (now - activeAt <= ACTIVE_MS) break
      if (requests.waiting.length === 0 && requests.inProgress === 0) this.#tenants.delete(other)
      else break
    }
    return tenant
  }

  get #isShared(): boolean {
    return this.#tenants.size > 1
  }

  #join(line: Line, cost: number, begun: () => void = () => undefined): Promise<void> | undefined {
    const isFree =
      this.#round.length === 0 && this.#spent < COST_PER_TURN && line.inProgress < IN_PROGRESS_MAX
    if (line.waiting.length === 0 && (isFree || !this.#isShared)) {
      begun()
      if (this.#isShared) this.#spend(cost)
      return undefined
    }
    return new Promise((resolve) => {
      const begin = (): void => {
        begun()
        resolve()
      }
      line.waiting.push({ cost, begin })
      this.#takeIntoRound(line)
    })
  }

  #takeIntoRound(line: Line): void {
    if (line.isInRound || !mayBegin(line)) return
    line.isInRound = true
    this.#round.push(line)
    this.#askForTurn()
  }

  #spend(cost: number): void {
    this.#spent += cost
    this.#askForTurn()
  }

  #askForTurn(): void {
    if (this.#isTurnAsked) return
    this.#isTurnAsked = true
    this.#modules.nextTurn(() => {
      this.#isTurnAsked = false
      this.#spent = 0
      for (let [line] = this.#round; line !== undefined && this.#spent < COST_PER_TURN; [line] = this.#round)
        this.#visit(line)
      if (this.#round.length > 0) this.#askForTurn()
    })
  }

  /** Begins what the line has credit for. A visit that the end of the turn interrupts goes on in the next one. */
  #visit(line: Line): void {
    if (!line.isVisited) line.credit += COST_PER_TURN
    line.isVisited = true
    for (let next = firstOf(line); next !== undefined && next.cost <= line.credit; next = firstOf(line)) {
      if (this.#spent >= COST_PER_TURN) return
      line.waiting.shift()
      line.credit -= next.cost
      this.#spend(next.cost)
      next.begin()
    }
    line.isVisited = false
    this.#round.shift()
    line.isInRound = false
    // A line that has nothing to wait for saves no credit up.
    if (line.waiting.length === 0) line.credit = 0
    this.#takeIntoRound(line)
  }
}

function emptyLine(): Line {
  return { waiting: [], credit: 0, isVisited: false, isInRound: false, inProgress: 0 }
}

function mayBegin(line: Line): boolean {
  return line.waiting.length > 0 && line.inProgress < IN_PROGRESS_MAX
}

function firstOf(line: Line): Waiting | undefined {
  return mayBegin(line) ? line.waiting[0] : undefined
}
