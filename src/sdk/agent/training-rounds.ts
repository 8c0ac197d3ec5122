import type { ChannelFrameOf } from '#contract/index.ts'
import { errorOf } from '../client/user-code.ts'
import type { SwarmClient } from '../node-swarm-client.ts'

/** What an agent is asked to train. */
export interface TrainingRound {
  readonly roundId: string
  readonly model: string
  /** The version of the model that `numbers` are. */
  readonly baseVersion: number
  readonly numbers: Float64Array
  /** Dimensions of the model. */
  readonly shape: readonly number[]
  /** What to train with, as whoever opened the round set it. */
  readonly parameters: Readonly<Record<string, number>>
  /** The round takes no update after this time. */
  readonly deadline: Date
}

/** What an agent trained. */
export interface TrainedModel {
  /** All numbers of the model, as they are after training; as many as there were. */
  readonly numbers: ArrayLike<number>
  /** Samples that the agent trained on: its weight in a mean. */
  readonly sampleCount: number
  readonly loss?: number
}

/** Trains in the agent's own process. Undefined declines the round. */
export type TrainingHandler = (
  round: TrainingRound,
) => Promise<TrainedModel | undefined> | TrainedModel | undefined

export interface TrainingRoundsModules {
  readonly client: SwarmClient
  onError(error: Error): void
}

/** The learning rounds that an agent takes part in. */
export class TrainingRounds {
  handler: TrainingHandler | undefined
  readonly #modules: TrainingRoundsModules
  /** The server asks again after a reconnect; the agent may be training still. */
  readonly #underWay = new Set<string>()

  constructor(modules: TrainingRoundsModules) {
    this.#modules = modules
  }

  receive(notice: ChannelFrameOf<'training.round'>, agentId: string): void {
    if (this.#underWay.has(notice.roundId)) return
    this.#underWay.add(notice.roundId)
    void this.#train(notice, agentId).finally(() => this.#underWay.delete(notice.roundId))
  }

  async #train(notice: ChannelFrameOf<'training.round'>, agentId: string): Promise<void> {
    const { models } = this.#modules.client
    const { roundId, model, baseVersion, format } = notice
    try {
      const trained = await this.#ask(notice)
      if (trained === undefined) await models.decline(roundId, agentId)
      else await models.sendUpdate(roundId, agentId, { ...trained, baseVersion, format })
    } catch (error) {
      // A handler that failed will send nothing: the round need not wait for it.
      await models.decline(roundId, agentId).catch(() => undefined)
      this.#modules.onError(
        new Error(`learning round ${roundId} of ${model}: ${errorOf(error).message}`, { cause: error }),
      )
    }
  }

  async #ask(notice: ChannelFrameOf<'training.round'>): Promise<TrainedModel | undefined> {
    const { roundId, model, baseVersion, shape, parameters, deadline } = notice
    if (this.handler === undefined) return undefined
    const { numbers } = await this.#modules.client.models.read(model, baseVersion)
    const round = { roundId, model, baseVersion, numbers, shape, parameters, deadline: new Date(deadline) }
    return this.handler(round)
  }
}
