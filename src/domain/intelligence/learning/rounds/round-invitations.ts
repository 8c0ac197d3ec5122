import type { AgentRegistry } from '../../../agents/agent-registry.ts'
import type { DirectChannel } from '../../../communication/direct-channel.ts'
import type { SwarmJournal } from '../../../kernel/swarm-journal.ts'
import type { AgentId } from '../../../model/ids.ts'
import type { Random } from '../../../ports/random.ts'
import type { SwarmStore } from '../../../ports/swarm-store.ts'
import { modelKey } from '../learning-keys.ts'
import type { OpenRoundRequest } from './round-requests.ts'
import type { RoundState } from './round-state.ts'

export interface RoundInvitationsModules {
  readonly store: SwarmStore
  readonly journal: SwarmJournal
  readonly registry: AgentRegistry
  readonly channel: DirectChannel
  readonly random: Random
}

/** Chooses the agents of a round and asks them to train. */
export class RoundInvitations {
  readonly #modules: RoundInvitationsModules

  constructor(modules: RoundInvitationsModules) {
    this.#modules = modules
  }

  /** In the order of their ids. @throws SwarmError `agent_not_found` for one that is named and not registered */
  choose({ agentIds, clientFraction }: OpenRoundRequest): readonly AgentId[] {
    const { registry, random } = this.#modules
    if (agentIds !== undefined) return agentIds.map((agent) => registry.get(agent).agentId).toSorted()
    const eligible = [...registry.agents].filter(
      ({ session, record }) =>
        session !== undefined && record.status === 'online' && record.quarantine === undefined,
    )
    return eligible
      .map(({ agentId }) => ({ agentId, draw: random.next() }))
      .toSorted((a, b) => a.draw - b.draw)
      .slice(0, Math.ceil(clientFraction * eligible.length))
      .map(({ agentId }) => agentId)
      .toSorted()
  }

  /** Nothing happens where the agent has no channel open: it is asked when it attaches. */
  async send(round: RoundState, agent: AgentId): Promise<void> {
    const { store, journal, registry, channel } = this.#modules
    const model = (await store.get(journal.scope, modelKey(round.model)))?.value
    const session = registry.find(agent)?.session
    if (session === undefined || model === undefined) return
    const { roundId, baseVersion, settings, deadlineAt } = round
    const { format, shape } = model
    const { parameters } = settings
    const notice = { roundId, model: model.model, baseVersion, format, shape, parameters, deadlineAt }
    channel.send(session, { type: 'training', notice })
  }
}
