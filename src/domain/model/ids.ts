declare const brand: unique symbol
type Brand<T, Name extends string> = T & { readonly [brand]: Name }

export type TenantId = Brand<string, 'TenantId'>
export type SwarmId = Brand<string, 'SwarmId'>
export type AgentId = Brand<string, 'AgentId'>
export type TaskId = Brand<string, 'TaskId'>
/** Something put to the vote; also the name of the one agreement that decides it. */
export type ProposalId = Brand<string, 'ProposalId'>
/** One server process; new at every start. */
export type NodeId = Brand<string, 'NodeId'>
/** One connection of one agent; new at every connect. */
export type SessionId = Brand<string, 'SessionId'>

/**
 * `tenant/swarm`: what every record, event and queue of one swarm is filed under.
 * A tenant's list of swarms is filed under the tenant alone, see {@link tenantScope}.
 */
export type Scope = Brand<string, 'Scope'>

/** Milliseconds since the Unix epoch, as read from a Clock. */
export type EpochMs = Brand<number, 'EpochMs'>
/** Milliseconds on a clock that never jumps; comparable within one process only. */
export type MonotonicMs = Brand<number, 'MonotonicMs'>
/** Numbers the coordinatorships of one swarm; see `ports/coordination.ts`. */
export type SwarmEpoch = Brand<number, 'SwarmEpoch'>
/** Strictly increasing per task; see `orchestration/fencing-token.ts`. */
export type FencingToken = Brand<number, 'FencingToken'>

/** JSON that was validated once and is kept, relayed and spliced into frames as the text it came as. */
export type JsonText = Brand<string, 'JsonText'>

const idPattern = /^[a-z0-9][a-z0-9-]{0,62}$/

function checked<T extends string>(what: string, raw: string): T {
  if (!idPattern.test(raw)) throw new RangeError(`bad ${what}: ${raw.slice(0, 80)}`)
  return raw as T
}

/** The one door from raw text to an AgentId. @throws RangeError when the text does not fit. */
export const agentId = (raw: string): AgentId => checked('agent id', raw)
export const taskId = (raw: string): TaskId => checked('task id', raw)
export const proposalId = (raw: string): ProposalId => checked('proposal id', raw)
export const swarmId = (raw: string): SwarmId => checked('swarm id', raw)
export const tenantId = (raw: string): TenantId => checked('tenant id', raw)
export const nodeId = (raw: string): NodeId => checked('node id', raw)
export const sessionId = (raw: string): SessionId => checked('session id', raw)

export const epochMs = (raw: number): EpochMs => raw as EpochMs
export const monotonicMs = (raw: number): MonotonicMs => raw as MonotonicMs
export const swarmEpoch = (raw: number): SwarmEpoch => raw as SwarmEpoch

/** For text that is known to be valid JSON: it was just validated or just written by JSON.stringify. */
export const jsonText = (raw: string): JsonText => raw as JsonText

export function swarmScope(tenant: TenantId, swarm: SwarmId): Scope {
  return `${tenant}/${swarm}` as Scope
}

export function tenantScope(tenant: TenantId): Scope {
  return tenant as string as Scope
}

/** The parts of a swarm's scope; `swarm` is undefined for a tenant's own scope. */
export function splitScope(scope: Scope): { readonly tenant: TenantId; readonly swarm: SwarmId | undefined } {
  const [tenant = '', swarm] = scope.split('/')
  return { tenant: tenantId(tenant), swarm: swarm === undefined ? undefined : swarmId(swarm) }
}
