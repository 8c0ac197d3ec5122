import type { AgentRegistry } from '../../agents/agent-registry.ts'
import type { BroadcastChannel } from '../../communication/broadcast-channel.ts'
import type { SessionAddress } from '../../communication/direct-channel.ts'
import type { ConsensusNotice } from '../../consensus/consensus-message.ts'
import type { AgentId } from '../../model/ids.ts'

export interface VoterTransportModules {
  readonly registry: AgentRegistry
  readonly broadcast: BroadcastChannel
}

/**
 * Carries messages to voters, past every topology: one bad manager of a tree could otherwise cut its subtree off. Who is
 * not connected misses what is said, and is told it when it comes back.
 */
export class VoterTransport {
  readonly #modules: VoterTransportModules

  constructor(modules: VoterTransportModules) {
    this.#modules = modules
  }

  /** The frame is built once, however many they are. */
  tell(voters: Iterable<AgentId>, notice: ConsensusNotice): void {
    const { registry, broadcast } = this.#modules
    const addresses: SessionAddress[] = []
    for (const agentId of voters) {
      const session = registry.find(agentId)?.session
      if (session !== undefined) addresses.push(session)
    }
    if (addresses.length > 0) broadcast.send(addresses, { type: 'consensus', notice })
  }
}
