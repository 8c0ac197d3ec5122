import { openInstance, stepBft } from '#domain/consensus/bft/bft-core.ts'
import { restoreInstance } from '#domain/consensus/bft/restore.ts'
import { judgeSlot } from '#domain/consensus/signing-slot.ts'

/** What a simulated voter runs on: ours, or a mutant of it. */
export interface BftPieces {
  readonly open: typeof openInstance
  readonly step: typeof stepBft
  readonly restore: typeof restoreInstance
  readonly judgeSlot: typeof judgeSlot
}

export const SOUND_PIECES: BftPieces = {
  open: openInstance,
  step: stepBft,
  restore: restoreInstance,
  judgeSlot,
}
