import type { AgentRegistry } from '../../agents/agent-registry.ts'
import type { AgentState } from '../../agents/agent-state.ts'
import type { CommitteeMember } from '../../consensus/consensus-message.ts'
import type { CommitteeCandidate } from '../../consensus/raft/committee.ts'
import type { PublicKey } from '../../model/hex.ts'
import type { AgentId } from '../../model/ids.ts'
import { mayVote } from '../voters/electorate-choice.ts'
import type { HostedKeys } from '../voters/hosted-keys.ts'

export interface VoterRegistryModules {
  readonly registry: AgentRegistry
  readonly keys: HostedKeys
  /** Whether the agent's process was found not to answer, though its connection is open. */
  isFrozen(agentId: AgentId): boolean
}

/** Keys remembered of one electorate; past it those of agents that have left its committee are forgotten. */
const KEYS_KEPT_MAX = 1_000

/**
 * Who could elect a leader, and with which keys. For each agent that was ever told to vote in the present electorate it
 * keeps the key it was told with: under another one it could promise a second time what it has promised once.
 */
export class VoterRegistry {
  readonly #modules: VoterRegistryModules
  /** Agents on a channel that hold their own keys. */
  readonly #selfVoters = new Set<AgentId>()
  #keys = new Map<AgentId, PublicKey>()

  constructor(modules: VoterRegistryModules) {
    this.#modules = modules
  }

  get hasSelfVoter(): boolean {
    return this.#selfVoters.size > 0
  }

  /** The agent came, went, or votes with another key. */
  noteChange(agentId: AgentId): void {
    const record = this.#modules.registry.find(agentId)?.record
    const isSelfVoter = record?.voterKey !== undefined && record.transport === 'channel' && mayVote(record)
    if (isSelfVoter) this.#selfVoters.add(agentId)
    else this.#selfVoters.delete(agentId)
  }

  /** Whether it is counted among the swarm's voters: not gone, and not caught at voting twice. */
  isInStanding(agentId: AgentId): boolean {
    const record = this.#modules.registry.find(agentId)?.record
    return record !== undefined && mayVote(record)
  }

  /** Whether it can vote at this moment. */
  isHere(agentId: AgentId): boolean {
    const { registry, isFrozen } = this.#modules
    const agent = registry.find(agentId)
    return agent !== undefined && isHere(agent) && !isFrozen(agentId)
  }

  /** Whether its vote is cast by the hub. */
  isHosted(agentId: AgentId): boolean {
    const record = this.#modules.registry.find(agentId)?.record
    return record !== undefined && record.voterKey === undefined
  }

  /** All that can vote now, and of the given voters also those that are away for a moment. */
  candidates(voters: readonly AgentId[]): readonly CommitteeCandidate[] {
    const candidates: CommitteeCandidate[] = []
    for (const agent of this.#modules.registry.agents) {
      const { agentId, record } = agent
      if (!this.isHere(agentId) && !(mayVote(record) && voters.includes(agentId))) continue
      const { voterKey, registeredAt } = record
      candidates.push({ agentId, holdsOwnKey: voterKey !== undefined, registeredAt })
    }
    return candidates
  }

  /** The agent with the key it would vote with now. */
  async memberOf(agentId: AgentId): Promise<CommitteeMember> {
    const { registry, keys } = this.#modules
    const publicKey = registry.find(agentId)?.record.voterKey ?? (await keys.keyOf(agentId)).publicKey
    return { agentId, publicKey }
  }

  /** Whether one of these would vote with another key now than the one it is known by. */
  async hasOtherKey(members: readonly CommitteeMember[]): Promise<boolean> {
    const known = members.filter(({ agentId }) => this.#modules.registry.find(agentId) !== undefined)
    const now = await Promise.all(known.map(({ agentId }) => this.memberOf(agentId)))
    return now.some(({ publicKey }, at) => publicKey !== known[at]?.publicKey)
  }

  /** A new electorate: what was promised in the one before binds nobody. */
  begin(members: readonly CommitteeMember[]): void {
    this.#keys = new Map(members.map(({ agentId, publicKey }) => [agentId, publicKey]))
  }

  /** One more is told to vote. */
  enter({ agentId, publicKey }: CommitteeMember, committee: readonly CommitteeMember[]): void {
    this.#keys.set(agentId, publicKey)
    if (this.#keys.size <= KEYS_KEPT_MAX) return
    const isMember = (one: AgentId): boolean =>
      one === agentId || committee.some((member) => member.agentId === one)
    const oldest = [...this.#keys.keys()].find((one) => !isMember(one))
    if (oldest !== undefined) this.#keys.delete(oldest)
  }

  /** The key it was told to vote with in this electorate; undefined where it never was. */
  keyOf(agentId: AgentId): PublicKey | undefined {
    return this.#keys.get(agentId)
  }

  /** Whether what it says itself is heard in this electorate. */
  hasVoice(agentId: AgentId): boolean {
    const record = this.#modules.registry.find(agentId)?.record
    if (record?.voterKey === undefined || record.quarantine !== undefined) return false
    return this.#keys.get(agentId) === record.voterKey
  }

  /**
   * The voters by a log that may be one change ahead of the committee, or behind it; undefined where it is not that
   * near, or names somebody who was never told to vote. Log and committee are never further apart: the hub asks for one
   * change at a time, and nobody else asks.
   */
  membersBy(
    log: readonly AgentId[],
    committee: readonly CommitteeMember[],
  ): readonly CommitteeMember[] | undefined {
    const named = new Set(log)
    const shared = committee.filter(({ agentId }) => named.has(agentId)).length
    const differing = named.size - shared + (committee.length - shared)
    if (named.size !== log.length || named.size === 0 || differing > 1) return undefined
    const members = log.flatMap((agentId) => {
      const publicKey = this.#keys.get(agentId)
      return publicKey === undefined ? [] : [{ agentId, publicKey }]
    })
    return members.length === log.length ? members : undefined
  }
}

/** One with its own key votes over its channel. For another the hub votes, until the agent itself closes its channel. */
function isHere({ record, session, isLossItsOwn }: AgentState): boolean {
  if (!mayVote(record)) return false
  if (session !== undefined) return true
  return record.voterKey === undefined && !(record.transport === 'channel' && isLossItsOwn)
}
