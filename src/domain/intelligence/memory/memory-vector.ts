import { SwarmError } from '../../model/errors.ts'

/** @throws SwarmError `memory_invalid` for a number that does not fit 32 bits of floating point */
export function refuseVector(vector: readonly number[]): void {
  const bad = vector.findIndex((value) => !Number.isFinite(Math.fround(value)))
  if (bad >= 0)
    throw new SwarmError('memory_invalid', { reason: `the number ${bad + 1} of the vector is not finite` })
  if (vector.length === 0) throw new SwarmError('memory_invalid', { reason: 'the vector is empty' })
}
