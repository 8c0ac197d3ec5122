import type { Random } from '../../../ports/random.ts'

/**
 * A draw from Gamma(shape, 1): Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables" (2000).
 *
 * @param shape above 0
 */
export function drawGamma(shape: number, random: Random): number {
  // Section 6: a shape below 1 is reached from the one above it.
  if (shape < 1) return drawGamma(shape + 1, random) * drawOpen(random) ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = drawNormal(random)
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(drawOpen(random)) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

/** A draw from the standard normal distribution: Box and Muller (1958). */
export function drawNormal(random: Random): number {
  return Math.sqrt(-2 * Math.log(drawOpen(random))) * Math.cos(2 * Math.PI * random.next())
}

/** Uniform in (0, 1]: a logarithm of it is finite. */
function drawOpen(random: Random): number {
  return 1 - random.next()
}
