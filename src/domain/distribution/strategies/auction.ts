import { CANDIDATES_KEPT_MAX } from '../../model/decision-record.ts'
import type { AgentId, TaskId } from '../../model/ids.ts'
import type { AuctionSettings } from '../../model/strategy-settings.ts'
import type { ReadyEntry } from '../../ports/ready-queue.ts'
import type { Candidate } from '../../resources/candidate.ts'
import { requirementOf } from '../../resources/requirement.ts'
import { Room } from '../../resources/room.ts'
import { type Award, award, LOTS_MAX, type Lot, type Offer } from '../auction/award.ts'
import { estimatedBid } from '../auction/estimated-bid.ts'
import { type Bid, type LiveAuction, LiveAuctions } from '../auction/live-auctions.ts'
import { Reputation } from '../auction/reputation.ts'
import type {
  DistributionContext,
  DistributionStrategy,
  PlannedAssignment,
  StrategyModules,
} from '../distribution-strategy.ts'
import type { TaskOutcome } from '../work-estimator.ts'

/** Auctions that run at the same time; tasks behind them are offered as soon as others are awarded. */
const AUCTIONS_MAX = 256
/** Agents looked at in one round for some that could join running auctions. */
const NEWCOMER_LOOKS_MAX = 20_000

/**
 * Sells each task to the agent with the lowest bid. Bids come from the agents (`live`) or from an estimate of the hub, which
 * also stands in for agents that do not bid. Tasks whose auctions end together are matched to the optimum.
 *
 * Sealed bids: no agent learns what others bid. The second price is recorded with the placement (Vickrey,
 * "Counterspeculation, auctions, and competitive sealed tenders", 1961).
 */
export class AuctionStrategy implements DistributionStrategy {
  readonly kind = 'auction'
  readonly #settings: AuctionSettings
  readonly #modules: StrategyModules
  readonly #auctions = new LiveAuctions()
  readonly #reputation = new Reputation()
  /** Tasks for which no acceptable bid came, and when they are offered again. */
  readonly #unsold = new Map<TaskId, number>()
  #cancelWake: () => void = () => undefined

  constructor(settings: AuctionSettings, modules: StrategyModules) {
    this.#settings = settings
    this.#modules = modules
  }

  /** Bids take their time. */
  get plansAtOnce(): boolean {
    return this.#settings.bids === 'estimated'
  }

  onGone(taskId: TaskId): void {
    this.#auctions.close(taskId)
    this.#unsold.delete(taskId)
  }

  onBid(bid: Bid): void {
    if (this.#auctions.answer(bid)) this.#modules.wake()
  }

  onOutcome(outcome: TaskOutcome): void {
    this.#reputation.observe(outcome)
  }

  onAgent(agentId: AgentId): void {
    const { pool, wake } = this.#modules
    if (!pool.isInService(agentId) && this.#auctions.withdraw(agentId)) wake()
  }

  close(): void {
    this.#cancelWake()
  }

  plan(context: DistributionContext): readonly PlannedAssignment[] {
    const plan = this.#settings.bids === 'live' ? this.#planLive(context) : this.#planEstimated(context)
    this.#wakeWhenOneCloses()
    return plan
  }

  #planEstimated(context: DistributionContext): readonly PlannedAssignment[] {
    const lots = context.tasks.slice(0, LOTS_MAX).map((entry) => this.#lot(entry, new Map(), context))
    return this.#sell(lots, context)
  }

  #planLive(context: DistributionContext): readonly PlannedAssignment[] {
    const now = this.#modules.monotonic()
    this.#callNewcomers(context)
    const closed = [...this.#auctions.all].filter(
      ({ unanswered, closesAt, entry }) =>
        (unanswered.size === 0 || closesAt <= now) && context.mayStart(entry),
    )
    const lots = closed.slice(0, LOTS_MAX).map(({ entry, bids }) => this.#lot(entry, bids, context))
    const plan = this.#sell(lots, context)
    for (const { entry } of closed.slice(0, LOTS_MAX)) {
      this.#auctions.close(entry.taskId)
      // Sold or not: what failed to be assigned is offered anew at once, what nobody wanted after a while.
      if (!plan.some((planned) => planned.entry === entry))
        this.#unsold.set(entry.taskId, now + this.#settings.bidWindowMs)
    }
    this.#openAuctions(context, new Set(plan.map(({ entry }) => entry.taskId)), now)
    return plan
  }

  /** Agents that got room since an auction began may bid in it, too. */
  #callNewcomers(context: DistributionContext): void {
    let looks = 0
    for (const auction of this.#auctions.all) {
      const { capabilities, resources } = auction.entry
      const candidates = context.candidatesFor(requirementOf(capabilities, resources))
      looks += candidates.length
      if (looks > NEWCOMER_LOOKS_MAX) return
      for (const { agentId } of candidates) {
        if (auction.called.has(agentId)) continue
        this.#auctions.invite(auction, agentId)
        this.#ask(agentId, auction)
      }
    }
  }

  /** No more auctions run than agents have room for: the others would end without an award. */
  #openAuctions(context: DistributionContext, sold: ReadonlySet<TaskId>, now: number): void {
    const room = new Map<AgentId, number>()
    let roomCount = 0
    for (const entry of context.tasks) {
      if (this.#auctions.size >= AUCTIONS_MAX) return
      const { taskId } = entry
      if (sold.has(taskId) || this.#auctions.has(taskId) || (this.#unsold.get(taskId) ?? now) > now) continue
      const candidates = context.candidatesFor(requirementOf(entry.capabilities, entry.resources))
      for (const { agentId, freeSlots } of candidates) {
        roomCount += freeSlots - (room.get(agentId) ?? 0)
        room.set(agentId, freeSlots)
      }
      if (this.#auctions.size + sold.size >= roomCount) continue
      this.#unsold.delete(taskId)
      const agentIds = candidates.map(({ agentId }) => agentId)
      this.#call(this.#auctions.open(entry, agentIds, now + this.#settings.bidWindowMs))
    }
  }

  #call(auction: LiveAuction): void {
    for (const agentId of auction.called) this.#ask(agentId, auction)
    if (auction.unanswered.size === 0) this.#modules.wake()
  }

  #ask(agentId: AgentId, { auctionId, entry, unanswered, closesAt }: LiveAuction): void {
    const { taskId, type = '', priority = 3, capabilities, resources } = entry
    const closesInMs = Math.max(1, Math.ceil(closesAt - this.#modules.monotonic()))
    const call = { auctionId, taskId, taskType: type, priority, capabilities, resources, closesInMs }
    // An agent without a channel cannot be asked: the hub bids for it.
    if (!this.#modules.callForBids(agentId, call)) unanswered.delete(agentId)
  }

  #lot(entry: ReadyEntry, bids: ReadonlyMap<AgentId, Bid>, context: DistributionContext): Lot {
    const candidates = context.candidatesFor(requirementOf(entry.capabilities, entry.resources))
    return { entry, offers: candidates.flatMap((candidate) => this.#offer(entry, candidate, bids) ?? []) }
  }

  #offer(entry: ReadyEntry, candidate: Candidate, bids: ReadonlyMap<AgentId, Bid>): Offer | undefined {
    const { reservePrice } = this.#settings
    const bid = bids.get(candidate.agentId)
    if (bid?.isDeclined === true) return undefined
    const price = bid?.price ?? estimatedBid(entry, candidate, this.#modules.estimator, this.#settings)
    if (reservePrice !== null && price > reservePrice) return undefined
    return {
      candidate,
      price,
      score: price / this.#reputation.of(candidate.agentId),
      promiseMs: bid?.promiseMs,
    }
  }

  #sell(lots: readonly Lot[], context: DistributionContext): readonly PlannedAssignment[] {
    const room = new Room()
    return award(lots).flatMap((sale) => {
      const { entry, offer } = sale
      if (!room.fits(offer.candidate, entry.resources) || !context.mayStart(entry)) return []
      room.take(offer.candidate, entry.resources)
      this.#reputation.promised(entry.taskId, offer.candidate.agentId, offer.promiseMs)
      return [planned(sale)]
    })
  }

  #wakeWhenOneCloses(): void {
    this.#cancelWake()
    let next = Number.POSITIVE_INFINITY
    for (const { closesAt } of this.#auctions.all) next = Math.min(next, closesAt)
    for (const at of this.#unsold.values()) next = Math.min(next, at)
    if (next === Number.POSITIVE_INFINITY) return
    this.#cancelWake = this.#modules.wakeIn(Math.max(1, Math.ceil(next - this.#modules.monotonic())))
  }
}

function planned({ entry, offer, offers }: Award): PlannedAssignment {
  const { agentId } = offer.candidate
  const others = offers.filter(({ candidate }) => candidate.agentId !== agentId)
  const second = others[0]
  const reason = second === undefined ? 'the only bid' : `the lowest of ${offers.length} bids`
  return {
    entry,
    agentId,
    reason: others.some(({ score }) => score < offer.score)
      ? 'the best match of all bids for all tasks'
      : reason,
    candidateCount: offers.length,
    candidates: [offer, ...others].slice(0, CANDIDATES_KEPT_MAX).map(({ candidate, score }) => ({
      agentId: candidate.agentId,
      score,
      activeTasks: candidate.activeTasks,
      slots: candidate.slots,
    })),
    price: offer.price,
    ...(second === undefined ? {} : { secondPrice: second.price }),
  }
}
