import type { AgentId } from '../model/ids.ts'

/** What a topology answers about levels and managers where nobody is above anybody. */
export abstract class FlatTopology {
  abstract members(): Iterable<AgentId>

  levels(): readonly (readonly AgentId[])[] {
    const members = [...this.members()]
    return members.length === 0 ? [] : [members]
  }

  parentOf(): undefined {
    return undefined
  }

  childrenOf(): readonly AgentId[] {
    return []
  }

  reportingChain(): readonly AgentId[] {
    return []
  }
}
