/**
 * The seeds of a simulation: 1 … N by `AMOS_SEEDS=N`, one by `AMOS_SEED=S`, else as many as CI has time for.
 */
export function simulationSeeds(countInCi: number): readonly number[] {
  const single = process.env['AMOS_SEED']
  if (single !== undefined) return [Number(single)]
  const count = Number(process.env['AMOS_SEEDS'] ?? countInCi)
  return Array.from({ length: count }, (_, at) => at + 1)
}
