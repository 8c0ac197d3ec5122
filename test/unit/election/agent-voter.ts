import { DEFAULT_SWARM_ID } from '#domain/cluster/swarm-directory.ts'
import type { ConsensusMessage, ConsensusNotice } from '#domain/consensus/consensus-message.ts'
import type { SigningKey } from '#domain/consensus/ports/signing-key.ts'
import type { LeaderNews, RaftStore } from '#domain/consensus/raft/raft-ports.ts'
import { type DurableState, RAFT_TIMING } from '#domain/consensus/raft/raft-state.ts'
import { RaftVoter } from '#domain/consensus/raft/raft-voter.ts'
import type { VoteCertificate } from '#domain/consensus/raft/vote-certificate.ts'
import { votersOf } from '#domain/consensus/raft/voter-log.ts'
import { possessionBytes } from '#domain/consensus/sign-bytes.ts'
import type { PublicKey } from '#domain/model/hex.ts'
import type { AgentId, SessionId } from '#domain/model/ids.ts'
import { toyKey, toyVerifier } from '#simulation/toy-signatures.ts'
import { agentSpec, type Cluster, TENANT, TestAgent, type TestNode } from '../domain/cluster.ts'

export const PLACE = { tenantId: TENANT, swarmId: DEFAULT_SWARM_ID }
/** One way between an agent and the hub, in milliseconds. */
const WAY_MS = 1
const HEARTBEAT_MS = 3_000

/** A voter's memory, made with its key. */
class Memory implements RaftStore {
  durable: DurableState | undefined

  async load(): Promise<DurableState | undefined> {
    return this.durable
  }

  async save(durable: DurableState): Promise<void> {
    this.durable = durable
  }
}

/** An agent whose own process takes part in elections, as an SDK does it: a real voter behind a session. */
export class AgentVoter {
  readonly agent: TestAgent
  key: SigningKey
  /** All elections it won, whether or not the hub heard of them. */
  readonly won: VoteCertificate[] = []
  /** What the hub refused to hear. */
  readonly refusals: unknown[] = []
  readonly #cluster: Cluster
  #node: TestNode
  #memory = new Memory()
  #voter: RaftVoter | undefined
  #isConnected = false
  readonly #keys = new Map<AgentId, PublicKey>()
  #leading: LeaderNews | undefined
  /** One notice after the other: a voter must have started before it hears the next. */
  #heard: Promise<unknown> = Promise.resolve()

  constructor(name: string, node: TestNode, cluster: Cluster) {
    this.agent = new TestAgent(name, node)
    this.key = toyKey(name)
    this.#node = node
    this.#cluster = cluster
  }

  get id(): AgentId {
    return this.agent.id
  }

  get voter(): RaftVoter | undefined {
    return this.#voter
  }

  get isConnected(): boolean {
    return this.#isConnected
  }

  get isLeading(): boolean {
    return this.#voter?.state?.role.type === 'leader'
  }

  /** With a new key and nothing remembered, where one is given. */
  async register(key?: SigningKey, node: TestNode = this.#node): Promise<void> {
    if (key !== undefined) this.#forget(key)
    const { publicKey } = this.key
    const proof = this.key.sign(possessionBytes({ ...PLACE, agentId: this.id, publicKey }))
    const spec = agentSpec(this.id)
    await node.service.agents.register({
      agentId: this.id,
      spec,
      isNew: false,
      voterKey: { publicKey, proof },
    })
  }

  async connect(node: TestNode = this.#node): Promise<void> {
    this.#node = node
    this.#isConnected = true
    const attached = this.agent.attach([], node)
    const { session } = this.agent
    node.sessions.listeners.set(session, (delivery) => {
      if (delivery.type === 'consensus') this.#travel(session, () => this.#hear(delivery.notice))
    })
    await attached
    this.#beat(session)
  }

  /** Its connection breaks; its process goes on. */
  async disconnect(): Promise<void> {
    this.#isConnected = false
    await this.#node.service.agents.detach({
      agentId: this.id,
      sessionId: this.agent.session,
      closedBy: 'agent',
    })
  }

  /** The node that held its connection is gone. */
  cutOff(): void {
    this.#isConnected = false
  }

  /** Its process ends. What it remembers stays. */
  async die(): Promise<void> {
    this.#stop()
    await this.disconnect()
  }

  say(message: ConsensusMessage): void {
    const { session } = this.agent
    this.#travel(session, () => {
      const { service } = this.#node
      service.consensus
        .hear({ agentId: this.id, sessionId: session, message })
        .catch((error: unknown) => this.refusals.push(error))
    })
  }

  /** As {@link say}, answered. */
  async utter(message: ConsensusMessage): Promise<void> {
    await this.#node.service.consensus.hear({ agentId: this.id, sessionId: this.agent.session, message })
  }

  #beat(session: SessionId): void {
    this.#cluster.clock.setTimer(HEARTBEAT_MS, () => {
      if (!this.#isConnected || session !== this.agent.session) return
      const { service } = this.#node
      service.agents.heartbeat({ agentId: this.id, sessionId: session, held: [] }).catch(() => undefined)
      this.#beat(session)
    })
  }

  #travel(session: SessionId, arrive: () => void): void {
    this.#cluster.clock.setTimer(WAY_MS, () => {
      if (this.#isConnected && session === this.agent.session) arrive()
    })
  }

  #hear(notice: ConsensusNotice): void {
    this.#heard = this.#heard.then(() => this.#take(notice))
  }

  async #take(notice: ConsensusNotice): Promise<void> {
    const voter = this.#voter
    if (notice.kind === 'electorate') await this.#learn(notice)
    else if (notice.kind === 'election') voter?.receive(notice.message)
    else if (notice.kind === 'leader_gone') voter?.leaderGone(notice.leaderId)
    else if (notice.kind === 'transfer') await voter?.transferTo(notice.to)
    else if (notice.kind === 'change_voters') {
      const refusal = await voter?.changeVoters(notice.change)
      if (refusal === 'voter_already' || refusal === 'no_voter') this.#sayCommittee()
    }
  }

  async #learn({
    epoch,
    voters,
    candidates,
  }: Extract<ConsensusNotice, { kind: 'electorate' }>): Promise<void> {
    for (const { agentId, publicKey } of [...voters, ...candidates]) this.#keys.set(agentId, publicKey)
    const isVoter = [...voters, ...candidates].some(
      ({ agentId, publicKey }) => agentId === this.id && publicKey === this.key.publicKey,
    )
    const ids = voters.map(({ agentId }) => agentId)
    if (!isVoter) this.#stop()
    else if (this.#voter === undefined) {
      this.#voter = this.#createVoter()
      await this.#voter.start(epoch, ids)
    } else {
      this.#voter.electorateLogged(epoch, ids)
      // What it said while it was not connected was not heard.
      const { certificate } = this.#leading ?? { certificate: null }
      if (certificate?.epoch === epoch) this.say({ kind: 'leadership', certificate })
    }
  }

  #createVoter(): RaftVoter {
    return new RaftVoter(
      { self: this.id, place: PLACE, timing: RAFT_TIMING, seed: seedOf(this.id), mailboxMax: 1_000 },
      {
        clock: this.#cluster.clock,
        store: this.#memory,
        key: this.key,
        keyOf: (voter) => this.#keys.get(voter),
        verifier: toyVerifier,
        transport: { send: (message) => this.say({ kind: 'election', message }) },
        listener: {
          leaderChanged: (news) => this.#leaderChanged(news),
          votersChanged: (news) => this.say({ kind: 'committee', ...news }),
          voteRejected: () => undefined,
          halted: (error) => this.refusals.push(error),
        },
      },
    )
  }

  #leaderChanged(news: LeaderNews): void {
    if (news.certificate !== null) {
      this.#leading = news
      this.won.push(news.certificate)
      this.say({ kind: 'leadership', certificate: news.certificate })
    } else if (this.#leading !== undefined) {
      const { epoch, term } = this.#leading
      this.#leading = undefined
      this.say({ kind: 'resigned', epoch, term })
    }
  }

  #sayCommittee(): void {
    const state = this.#voter?.state
    if (state === undefined) return
    const { durable, commitIndex: index } = state
    this.say({ kind: 'committee', epoch: durable.epoch, index, voters: votersOf(durable.log) })
  }

  #forget(key: SigningKey): void {
    this.#stop()
    this.key = key
    this.#memory = new Memory()
  }

  #stop(): void {
    this.#voter?.stop()
    this.#voter = undefined
    this.#leading = undefined
  }
}

function seedOf(name: string): number {
  let seed = 7
  for (const character of name) seed = (seed * 31 + character.charCodeAt(0)) >>> 0
  return seed
}
