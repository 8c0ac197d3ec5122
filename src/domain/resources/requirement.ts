import type { ResourceAmounts } from '../model/task-record.ts'

/** What a task asks of its agent. Tasks that ask for the same wait in one line. */
export interface Requirement {
  /** Equal for equal requirements, whatever the order of the names. */
  readonly key: string
  readonly capabilities: readonly string[]
  readonly resources: ResourceAmounts
}

export function requirementOf(capabilities: readonly string[], resources: ResourceAmounts): Requirement {
  const names = Object.keys(resources)
  if (names.length === 0 && capabilities.length < 2) {
    return { key: capabilities[0] ?? '', capabilities, resources }
  }
  const amounts = names.toSorted().map((name) => `${name}=${resources[name]}`)
  return { key: `${capabilities.toSorted().join('+')}|${amounts.join('+')}`, capabilities, resources }
}
