import { DEFAULT_THRESHOLD } from '#domain/consensus/proposal.ts'
import { tally } from '#domain/consensus/tally.ts'
import { verifyDecision } from '#domain/consensus/verify-decision.ts'
import {
  HOSTED_SIGNING_RECORDS,
  type ProposalRecord,
} from '#domain/consensus-engine/proposals/proposal-record.ts'
import { jsonText, type ProposalId, proposalId } from '#domain/model/ids.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { toyVerifier } from '#simulation/toy-signatures.ts'
import { VotingAgent } from '../../../helpers/decision/voting-agent.ts'
import {
  anAgent,
  Cluster,
  eventsOf,
  SCOPE,
  type TestAgent,
  type TestNode,
} from '../../../unit/domain/cluster.ts'
import { type HubScenario, hubScenario } from './scenario.ts'
import { votingOptions } from './sim-voter.ts'

export interface HubReport {
  /** Broken invariants, in words; empty when all is well. */
  readonly violations: readonly string[]
  readonly endings: readonly string[]
  readonly crashes: number
  readonly hubKills: number
  readonly accusedCount: number
}

const STEP_MS = 5
/** Once all is calm. */
const CALM_MS_MAX = 60_000
const COME_BACK_MS_MAX = 500

/** The real hub, with real voters in and outside of it, that is killed and cut off from them in the middle. */
export function simulateHub(seed: number): Promise<HubReport> {
  return new HubSimulation(hubScenario(seed)).run()
}

interface Plan {
  readonly atMs: number
  readonly run: () => Promise<unknown>
}

class HubSimulation {
  readonly #scenario: HubScenario
  readonly #random: SeededRandom
  readonly #cluster = new Cluster()
  readonly #voters: VotingAgent[] = []
  readonly #hosted: TestAgent[] = []
  readonly #plans: Plan[] = []
  readonly #violations: string[] = []
  readonly #proposals: readonly ProposalId[]
  #node: TestNode | undefined
  readonly #returning = new Set<VotingAgent>()
  #nowMs = 0
  #crashes = 0

  constructor(scenario: HubScenario) {
    this.#scenario = scenario
    this.#random = new SeededRandom(scenario.seed * 7_919)
    this.#proposals = Array.from({ length: scenario.proposalCount }, (_, at) => proposalId(`p${at}`))
  }

  async run(): Promise<HubReport> {
    const { hubKillsAtMs, cutsAtMs, cancelAtMs, calmAtMs } = this.#scenario
    await this.#populate()
    await this.#propose()
    for (const atMs of hubKillsAtMs) this.#at(atMs, () => this.#killHub())
    for (const { atMs, voter } of cutsAtMs) this.#at(atMs, () => this.#cut(this.#voters[voter]))
    if (cancelAtMs !== null) this.#at(cancelAtMs, () => this.#cancel())
    this.#castHosted()
    for (; this.#nowMs < calmAtMs + CALM_MS_MAX; this.#nowMs += STEP_MS) {
      await this.#step()
      if (this.#nowMs > calmAtMs && this.#nowMs % 500 === 0 && (await this.#isOver())) break
    }
    const records = await Promise.all(this.#proposals.map((id) => this.#hub.swarm.reader.proposal(id)))
    for (const record of records) this.#checkDecision(record)
    await this.#checkSlots()
    await this.#checkLog()
    return {
      violations: this.#violations,
      endings: records.map(({ status, certificate }) =>
        certificate === null ? status : `${certificate.ending} ${certificate.outcome.verdict}`,
      ),
      crashes: this.#crashes,
      hubKills: hubKillsAtMs.length,
      accusedCount: records.reduce((sum, { evidence }) => sum + evidence.length, 0),
    }
  }

  get #hub(): TestNode {
    if (this.#node === undefined) throw new Error('the hub is down')
    return this.#node
  }

  async #populate(): Promise<void> {
    const node = await this.#cluster.node()
    this.#node = node
    for (const plan of this.#scenario.voters) {
      if (plan.custody === 'hub') {
        this.#hosted.push(await anAgent(plan.name, node))
        continue
      }
      const options = votingOptions(plan, {
        clock: this.#cluster.clock,
        random: this.#random.fork(),
        indexOf: (id) => this.#proposals.indexOf(id),
        isCalm: () => this.#nowMs >= this.#scenario.calmAtMs,
        onCrash: (agent) => this.#crashed(agent),
      })
      const voter = new VotingAgent(options, { node, clock: this.#cluster.clock })
      await voter.join()
      this.#voters.push(voter)
    }
  }

  async #propose(): Promise<void> {
    for (const id of this.#proposals) {
      await this.#hub.service.consensus.propose({
        proposalId: id,
        title: `Shall ${id} be?`,
        payload: jsonText('null'),
        mode: 'approval',
        threshold: DEFAULT_THRESHOLD,
        deadlineMs: this.#scenario.deadlineMs,
        electorate: { kind: 'all' },
        weights: {},
        proposedBy: 'ci',
      })
    }
  }

  /** Agents whose keys the hub holds vote by HTTP, again and again until it is taken. */
  #castHosted(): void {
    for (const agent of this.#hosted) {
      const plan = this.#scenario.voters.find(({ name }) => name === agent.id)
      for (const [at, id] of this.#proposals.entries()) {
        const choice = plan?.choices[at] ?? null
        if (choice !== null) this.#at(this.#random.integer(400), () => this.#insist(agent, id, choice))
      }
    }
  }

  async #insist(agent: TestAgent, id: ProposalId, choice: string): Promise<void> {
    const node = this.#node
    try {
      await node?.service.consensus.castBallot({ proposalId: id, agentId: agent.id, choice })
      if (node !== undefined) return
    } catch (error) {
      if ((error as { code?: string }).code === 'proposal_closed') return
    }
    this.#at(this.#nowMs + 100, () => this.#insist(agent, id, choice))
  }

  async #cancel(): Promise<void> {
    const [first] = this.#proposals
    if (first === undefined) return
    await this.#node?.service.consensus
      .cancelProposal({ proposalId: first, reason: 'never mind' })
      .catch(() => undefined)
  }

  async #killHub(): Promise<void> {
    const node = this.#node
    if (node === undefined) return
    node.die()
    this.#node = undefined
    const next = await this.#cluster.node()
    this.#node = next
    for (const voter of this.#voters) this.#comeBackSoon(voter)
  }

  #crashed(agent: VotingAgent): void {
    this.#crashes += 1
    agent.detach().catch(() => undefined)
    this.#comeBackSoon(agent)
  }

  async #cut(voter: VotingAgent | undefined): Promise<void> {
    if (voter === undefined) return
    await voter.detach('server').catch(() => undefined)
    this.#comeBackSoon(voter)
  }

  /** One connection at a time: who is on its way back already comes anyway. */
  #comeBackSoon(voter: VotingAgent): void {
    if (this.#returning.has(voter)) return
    this.#returning.add(voter)
    this.#at(this.#nowMs + STEP_MS + this.#random.integer(COME_BACK_MS_MAX), async () => {
      const node = this.#node
      const isBack = node !== undefined && (await isReached(voter, node))
      this.#returning.delete(voter)
      if (!isBack || node !== this.#node) this.#comeBackSoon(voter)
    })
  }

  #at(atMs: number, run: () => Promise<unknown>): void {
    this.#plans.push({ atMs, run })
  }

  async #step(): Promise<void> {
    const due = this.#plans.filter(({ atMs }) => atMs <= this.#nowMs)
    for (const plan of due) this.#plans.splice(this.#plans.indexOf(plan), 1)
    // What needs time to end must not hold up the clock that gives it.
    for (const { run } of due) void run()
    await this.#cluster.clock.advanceAsync(STEP_MS)
    if (this.#node !== undefined) await Promise.all(this.#voters.map((voter) => voter.listen()))
  }

  async #isOver(): Promise<boolean> {
    if (this.#node === undefined) return false
    for (const id of this.#proposals) {
      const { certificate } = await this.#node.swarm.reader.proposal(id)
      if (certificate === null) return false
      if (this.#honest.some((voter) => hasSigned(voter, id) && !voter.certificates.has(id))) return false
    }
    return true
  }

  get #honest(): readonly VotingAgent[] {
    return this.#voters.filter(({ id }) => !this.#isLiar(id))
  }

  #isLiar(name: string): boolean {
    return this.#scenario.voters.find((plan) => plan.name === name)?.temper !== 'honest'
  }

  #checkDecision(record: ProposalRecord): void {
    const { proposalId: id, certificate, electorateHash, evidence } = record
    if (certificate === null) {
      this.#violations.push(`liveness: nothing came of ${id}`)
      return
    }
    const modules = { hasher: sha256Hasher, verifier: toyVerifier }
    const verdict = verifyDecision(JSON.parse(JSON.stringify(certificate)), electorateHash, modules)
    if (!verdict.isValid) this.#violations.push(`certificate: ${verdict.defect}`)
    const agreed = JSON.stringify([certificate.ending, certificate.ballots])
    for (const voter of this.#honest) {
      const held = voter.certificates.get(id)
      // Who died before it signed anything has nothing to wait for.
      if (held === undefined && !hasSigned(voter, id)) continue
      if (held === undefined) this.#violations.push(`liveness: ${voter.id} never heard of ${id}`)
      else if (JSON.stringify([held.ending, held.ballots]) !== agreed)
        this.#violations.push(`agreement: ${voter.id} holds another decision on ${id}`)
    }
    for (const { voter } of evidence)
      if (!this.#isLiar(voter)) this.#violations.push(`evidence: names ${voter}, who is honest`)
    if (verdict.isValid) {
      const { proposal, electorate } = verdict.instance
      const recount = tally(proposal, electorate, verdict.value.ballots)
      if (JSON.stringify(recount.outcome) !== JSON.stringify(certificate.outcome))
        this.#violations.push(`validity: the ballots of ${id} add up to something else`)
    }
  }

  /** Nobody honest signed twice for one slot, in its own process or by the hub. */
  async #checkSlots(): Promise<void> {
    for (const { id, slots } of this.#honest)
      if (new Set(slots).size < slots.length) this.#violations.push(`double signature: ${id}`)
    const signed = await this.#hub.infra.store.list({
      scope: SCOPE,
      kind: HOSTED_SIGNING_RECORDS,
      countMax: 1_000,
    })
    for (const { key, value } of signed) {
      const slots = value.records.map(({ message }) =>
        message.kind === 'ballot' ? 'ballot' : `${message.kind} ${message.round}`,
      )
      if (new Set(slots).size < slots.length) this.#violations.push(`double signature: ${key.id}`)
    }
  }

  /** Each proposal is opened once and ends once. */
  async #checkLog(): Promise<void> {
    const events = await eventsOf(this.#hub)
    for (const id of this.#proposals) {
      const types = events.filter(({ subject }) => subject === id).map(({ type }) => type)
      for (const once of ['proposal.opened', 'proposal.decided'])
        if (types.filter((type) => type === once).length > 1)
          this.#violations.push(`log: ${once} of ${id} stands in it twice`)
    }
  }
}

function hasSigned({ journal }: VotingAgent, id: ProposalId): boolean {
  return journal.records.some(({ proposalId }) => proposalId === id)
}

async function isReached(voter: VotingAgent, node: TestNode): Promise<boolean> {
  try {
    await voter.comeTo(node)
    return true
  } catch {
    return false
  }
}
