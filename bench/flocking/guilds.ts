import { planFlight } from '#domain/intelligence/flocking/flight-plan.ts'
import type { Flock } from '#domain/intelligence/flocking/flock.ts'
import { type AgentId, agentId } from '#domain/model/ids.ts'
import type { Random } from '#domain/ports/random.ts'

export interface Guilds {
  readonly agents: readonly AgentId[]
  readonly kinds: readonly string[]
  /** Which guild each agent belongs to; hidden from every rule. */
  readonly guildOf: ReadonlyMap<AgentId, number>
  /** Rate of success of an agent at a kind. */
  rate(agent: number, kind: number): number
}

export interface GuildsOptions {
  readonly agents: number
  readonly guilds: number
  readonly kinds: number
}

/** Agents in hidden guilds, kinds of work in families: .9 where they fit, else .4, each ± .05 for the pair. */
export function plantGuilds({ agents, guilds, kinds }: GuildsOptions, random: Random): Guilds {
  const rates = Array.from({ length: agents }, (_, agent) =>
    Array.from(
      { length: kinds },
      (_, kind) => (agent % guilds === kind % guilds ? 0.9 : 0.4) + (random.next() * 2 - 1) * 0.05,
    ),
  )
  const ids = Array.from({ length: agents }, (_, index) => agentId(`agent-${index}`))
  return {
    agents: ids,
    kinds: Array.from({ length: kinds }, (_, index) => `kind-${index}`),
    guildOf: new Map(ids.map((id, index) => [id, index % guilds])),
    rate: (agent, kind) => rates[agent]?.[kind] ?? Number.NaN,
  }
}

export interface GuildRun {
  readonly success: number
  /** First round after which the success of the last 800 tasks was .8; undefined where it never was. */
  readonly roundsTo80: number | undefined
}

export interface GuildRounds {
  readonly rounds: number
  readonly tasksPerRound: number
}

export type GuildRule = (kind: number, free: readonly number[], random: Random) => number
export type GuildOutcome = (agent: number, kind: number, hasSucceeded: boolean) => void

/** Rounds of tasks of random kinds; an agent takes at most one task a round, and only outcomes are seen. */
export function runGuilds(
  guilds: Guilds,
  { rounds, tasksPerRound }: GuildRounds,
  { choose, learn }: { choose: GuildRule; learn: GuildOutcome },
  random: Random,
): GuildRun {
  const outcomes: boolean[] = []
  let roundsTo80: number | undefined
  for (let round = 0; round < rounds; round += 1) {
    const free = guilds.agents.map((_, index) => index)
    for (let task = 0; task < tasksPerRound; task += 1) {
      const kind = Math.floor(random.next() * guilds.kinds.length)
      const agent = choose(kind, free, random)
      free.splice(free.indexOf(agent), 1)
      const hasSucceeded = random.next() < guilds.rate(agent, kind)
      learn(agent, kind, hasSucceeded)
      outcomes.push(hasSucceeded)
    }
    if (roundsTo80 === undefined && outcomes.length >= 800 && rateOf(outcomes.slice(-800)) >= 0.8)
      roundsTo80 = round
  }
  return { success: rateOf(outcomes), roundsTo80 }
}

/** The flock's plan for one task at a time, among the agents that are free in the round. */
export function flockRule(guilds: Guilds, flock: Flock): { choose: GuildRule; learn: GuildOutcome } {
  const idOf = (agent: number): AgentId => guilds.agents[agent] ?? agentId('none')
  const nameOf = (kind: number): string => guilds.kinds[kind] ?? ''
  return {
    choose: (kind, free, random) => {
      const candidates = free.map((agent) => ({
        agentId: idOf(agent),
        slots: 1,
        active: [],
        hasRoom: true,
      }))
      const [choice] = planFlight(flock, [{ kind: nameOf(kind), candidates }], random)
      const chosen = free.find((agent) => idOf(agent) === choice?.agentId)
      if (chosen === undefined) throw new Error('an agent is free')
      return chosen
    },
    learn: (agent, kind, hasSucceeded) => {
      const wasPrepared = flock.began({ agentId: idOf(agent), kind: nameOf(kind), slots: 1 })
      flock.learn({ agentId: idOf(agent), kind: nameOf(kind), hasSucceeded, durationMs: 1_000, wasPrepared })
    },
  }
}

/** The share of the flock's members that stand in a group whose most frequent guild is theirs, and how many groups. */
export function purityOf(
  flock: Flock,
  { guildOf }: Guilds,
): { readonly purity: number; readonly groups: number } {
  let right = 0
  let members = 0
  for (const group of flock.grouping.groups.values()) {
    const counts = new Map<number, number>()
    for (const member of group.members) {
      const guild = guildOf.get(member) ?? -1
      counts.set(guild, (counts.get(guild) ?? 0) + 1)
    }
    right += Math.max(...counts.values())
    members += group.members.size
  }
  return { purity: right / members, groups: flock.grouping.groups.size }
}

function rateOf(outcomes: readonly boolean[]): number {
  return outcomes.filter(Boolean).length / outcomes.length
}
