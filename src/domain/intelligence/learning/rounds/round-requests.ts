import type { AgentId } from '../../../model/ids.ts'
import type { LeaderFence, RoundSettings, UpdateRefusal } from './round-state.ts'

export interface OpenRoundRequest {
  readonly roundId: string
  readonly model: string
  readonly settings: RoundSettings
  /** Time until the round closes, in milliseconds. */
  readonly durationMs: number
  /** The agent that asks, which has to lead the swarm; undefined for a client. */
  readonly agentId: AgentId | undefined
  /** The agents to ask; undefined for those that are online on a channel. */
  readonly agentIds?: readonly AgentId[] | undefined
  /** What part of the agents that are online is asked, drawn at random; above 0, at most 1. */
  readonly clientFraction: number
}

export interface SubmitUpdateRequest {
  readonly roundId: string
  readonly agentId: AgentId
  /** The version of the model that the client started from. */
  readonly baseVersion: number
  /** Number of samples that the client trained on. */
  readonly weight: number
  readonly sha256: string
  /** Whose pieces were written before. */
  readonly blobId: string
  readonly metrics: Readonly<Record<string, number>>
  /** What was found wrong with the numbers. */
  readonly problem?: UpdateRefusal | undefined
}

export interface CloseRoundRequest {
  readonly roundId: string
  readonly order: 'close' | 'cancel'
  /** The leadership of the agent that asks; undefined for an operator. */
  readonly fence: LeaderFence | undefined
}
