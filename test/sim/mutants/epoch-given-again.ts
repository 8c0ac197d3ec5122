import { swarmEpoch } from '#domain/model/ids.ts'
import { HONEST, type Variant } from '#simulation/variant.ts'

/** After the store lost its tail it goes on under the epoch of before: tokens and numbers are given a second time. */
export const EPOCH_GIVEN_AGAIN: Variant = {
  ...HONEST,
  coordination: (coordination, medium) => {
    let epochBeforeLoss: number | undefined
    let newest = 0
    medium.onLoss(() => {
      epochBeforeLoss = newest
    })
    return {
      ...coordination,
      claim: async (scope, sequenceFloor) => {
        const outcome = await coordination.claim(scope, sequenceFloor)
        const kept = medium.scope(scope)
        if (outcome.isHeld && epochBeforeLoss !== undefined && epochBeforeLoss > 0)
          kept.epoch = epochBeforeLoss
        epochBeforeLoss = undefined
        newest = kept.epoch
        return outcome.isHeld ? { isHeld: true, epoch: swarmEpoch(kept.epoch) } : outcome
      },
    }
  },
}
