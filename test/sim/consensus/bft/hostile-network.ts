import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import type { SignedMessage } from '#domain/consensus/signed-messages.ts'
import type { AgentId } from '#domain/model/ids.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import type { VirtualTime } from './virtual-time.ts'

export type Wire = SignedMessage | { readonly kind: 'certificate'; readonly certificate: DecisionCertificate }

export interface NetworkFaults {
  readonly dropRatio: number
  /** The place of a voter whose precommits and certificates reach nobody: it may decide and cannot say so. */
  readonly hushedAt?: number
  /** The place of a voter whom no nomination of round 0 reaches: it cannot be locked on what the others are. */
  readonly blindAt?: number
  readonly duplicateRatio: number
  readonly delayMsMax: number
  /** Every so often the voters fall into groups that do not hear each other; 0 for never. */
  readonly partitionEveryMs: number
  /** How many directed pairs are cut: the one hears the other, the other not the one. */
  readonly oneWayCuts: number
  /** How likely it is that with a message an old one comes again. */
  readonly replayRatio: number
  /** From then on every message arrives within {@link CALM_DELAY_MS_MAX}. */
  readonly calmAtMs: number
}

const CALM_DELAY_MS_MAX = 20
/** Old messages to choose a replay from. */
const REPLAYS_KEPT_MAX = 500

/** A hub that loses, delays, doubles, reorders and replays, shows each group another view, and then comes to its senses. */
export class HostileNetwork {
  readonly #faults: NetworkFaults
  readonly #time: VirtualTime
  readonly #random: SeededRandom
  readonly #voters: readonly AgentId[]
  readonly #deliver: (to: AgentId, wire: Wire) => void
  readonly #cuts = new Set<string>()
  readonly #log: { readonly to: AgentId; readonly wire: Wire }[] = []
  /** See {@link NetworkFaults.hushedAt}; liars know it, too. */
  readonly hushed: AgentId | undefined
  readonly #blind: AgentId | undefined
  #groupOf = new Map<AgentId, number>()

  constructor(
    faults: NetworkFaults,
    modules: {
      readonly time: VirtualTime
      readonly random: SeededRandom
      readonly voters: readonly AgentId[]
      readonly deliver: (to: AgentId, wire: Wire) => void
    },
  ) {
    this.#faults = faults
    this.#time = modules.time
    this.#random = modules.random
    this.#voters = modules.voters
    this.#deliver = modules.deliver
    this.hushed = faults.hushedAt === undefined ? undefined : modules.voters[faults.hushedAt]
    this.#blind = faults.blindAt === undefined ? undefined : modules.voters[faults.blindAt]
    for (let count = 0; count < faults.oneWayCuts; count += 1) {
      this.#cuts.add(`${this.#random.pick(this.#voters)}>${this.#random.pick(this.#voters)}`)
    }
    if (faults.partitionEveryMs > 0) this.#repartition()
  }

  get isCalm(): boolean {
    return this.#time.nowMs >= this.#faults.calmAtMs
  }

  broadcast(from: AgentId, wire: Wire): void {
    for (const to of this.#voters) if (to !== from) this.send(from, to, wire)
  }

  send(from: AgentId, to: AgentId, wire: Wire): void {
    if (!this.isCalm && this.#isHidden(from, to, wire)) return
    this.#log.push({ to, wire })
    if (this.#log.length > REPLAYS_KEPT_MAX) this.#log.shift()
    if (this.isCalm) {
      this.#arrive(to, wire, CALM_DELAY_MS_MAX)
      return
    }
    const { dropRatio, duplicateRatio, delayMsMax, replayRatio } = this.#faults
    if (this.#random.next() < replayRatio) this.#arrive(to, this.#random.pick(this.#log).wire, delayMsMax)
    if (this.#isCut(from, to) || this.#random.next() < dropRatio) return
    this.#arrive(to, wire, delayMsMax)
    if (this.#random.next() < duplicateRatio) this.#arrive(to, wire, delayMsMax)
  }

  /** What the hub still has for one who comes back: all of it in calm, else what it likes. */
  replayTo(to: AgentId): void {
    for (const entry of this.#log) {
      if (entry.to !== to) continue
      if (this.isCalm || this.#random.next() < 0.5) this.#arrive(to, entry.wire, CALM_DELAY_MS_MAX)
    }
  }

  /** Something from outside the instance, to everyone. */
  inject(wire: Wire): void {
    for (const to of this.#voters) this.#arrive(to, wire, CALM_DELAY_MS_MAX)
  }

  #arrive(to: AgentId, wire: Wire, delayMsMax: number): void {
    this.#time.after(1 + this.#random.next() * delayMsMax, () => this.#deliver(to, wire))
  }

  #isHidden(from: AgentId, to: AgentId, wire: Wire): boolean {
    if (wire.kind === 'certificate') return from === this.hushed
    if (wire.kind === 'nomination') return wire.round === 0 && to === this.#blind
    return wire.kind === 'precommit' && wire.voter === this.hushed
  }

  #isCut(from: AgentId, to: AgentId): boolean {
    return this.#cuts.has(`${from}>${to}`) || this.#groupOf.get(from) !== this.#groupOf.get(to)
  }

  #repartition(): void {
    const groupCount = this.#random.integer(3) + 1
    this.#groupOf = new Map(this.#voters.map((voter) => [voter, this.#random.integer(groupCount)]))
    const { partitionEveryMs } = this.#faults
    this.#time.after(partitionEveryMs * (0.5 + this.#random.next()), () => {
      if (!this.isCalm) this.#repartition()
    })
  }
}
