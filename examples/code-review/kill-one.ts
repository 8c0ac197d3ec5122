import { setTimeout as sleep } from 'node:timers/promises'
import type { SwarmClient } from '#sdk/index.ts'
import type { AgentFleet, FleetAgent } from './agent-fleet.ts'

export interface Kill {
  readonly agentId: string
  readonly pid: number
  /** What it held when it was killed. */
  readonly heldTaskIds: readonly string[]
}

/** Enough for what a frozen process had already sent to be counted. */
const SETTLE_MS = 50
const FREEZE_MAX_MS = 2_000
const POLL_MS = 10

export interface KillOneOptions {
  /** The work is done: nobody is killed any more. */
  isOver(): boolean
  /** Called when the first agent has been stopped. */
  onStopped(): void
}

/**
 * Kills (SIGKILL) an agent process that holds a task. It is stopped first and looked at, or it might finish its last
 * task between the look and the kill; one that is given nothing goes on, and the next is tried.
 *
 * @returns undefined when no agent held anything before it was over
 */
export async function killOne(
  fleet: AgentFleet,
  client: SwarmClient,
  options: KillOneOptions,
): Promise<Kill | undefined> {
  while (!options.isOver()) {
    for (const agent of byReach(fleet.living)) {
      const kill = (await isOnline(agent, client)) ? await killIfBusy(agent, client, options) : undefined
      if (kill !== undefined) return kill
    }
    await sleep(POLL_MS)
  }
  return undefined
}

async function isOnline({ agentId }: FleetAgent, client: SwarmClient): Promise<boolean> {
  const { agents } = await client.listAgents({ status: 'online', pageSize: 100 })
  return agents.some((agent) => agent.agentId === agentId)
}

async function killIfBusy(
  { agentId, pid, child }: FleetAgent,
  client: SwarmClient,
  { isOver, onStopped }: KillOneOptions,
): Promise<Kill | undefined> {
  child.kill('SIGSTOP')
  onStopped()
  await sleep(SETTLE_MS)
  const giveUpAt = performance.now() + FREEZE_MAX_MS
  do {
    const heldTaskIds = await tasksHeldBy(agentId, client)
    if (heldTaskIds.length > 0) {
      child.kill('SIGKILL')
      return { agentId, pid, heldTaskIds }
    }
    await sleep(POLL_MS)
  } while (!isOver() && performance.now() < giveUpAt)
  child.kill('SIGCONT')
  return undefined
}

async function tasksHeldBy(agentId: string, client: SwarmClient): Promise<readonly string[]> {
  const pages = await Promise.all(
    (['assigned', 'running'] as const).map((phase) => client.listTasks({ agentId, phase, pageSize: 100 })),
  )
  return pages.flatMap(({ tasks }) => tasks.map(({ taskId }) => taskId))
}

/** Who can do most is given something soonest. */
function byReach(agents: readonly FleetAgent[]): readonly FleetAgent[] {
  return agents.toSorted((a, b) => b.capabilities.length - a.capabilities.length)
}
