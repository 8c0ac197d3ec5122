/** log Γ(x) for x > 0 (Lanczos, g = 7, nine terms): relative error below 1e-13. */
export function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x)
  const shifted = x - 1
  let sum = 0.999_999_999_999_809_9
  for (const [index, coefficient] of LANCZOS.entries()) sum += coefficient / (shifted + index + 1)
  const t = shifted + 7.5
  return 0.5 * Math.log(2 * Math.PI) + (shifted + 0.5) * Math.log(t) - t + Math.log(sum)
}

const LANCZOS = [
  676.520_368_121_885_1, -1_259.139_216_722_402_8, 771.323_428_777_653_1, -176.615_029_162_140_6,
  12.507_343_278_686_9, -0.138_571_095_265_72, 9.984_369_578_019_572e-6, 1.505_632_735_149_311_6e-7,
]

/** P(X ≥ successes) for X ~ Binomial(trials, chance). */
export function binomialUpperTail(successes: number, trials: number, chance: number): number {
  if (successes <= 0) return 1
  if (successes > trials || chance <= 0) return 0
  if (chance >= 1) return 1
  const logFirst =
    logGamma(trials + 1) -
    logGamma(successes + 1) -
    logGamma(trials - successes + 1) +
    successes * Math.log(chance) +
    (trials - successes) * Math.log1p(-chance)
  const odds = chance / (1 - chance)
  let term = Math.exp(logFirst)
  let sum = term
  for (let k = successes; k < trials; k++) {
    term *= ((trials - k) / (k + 1)) * odds
    sum += term
    if (term < sum * 1e-15) break
  }
  return Math.min(1, sum)
}

/** P(X ≥ marked) where `drawn` of `total` items are drawn at random and `markedTotal` of them are marked. */
export function hypergeometricUpperTail(
  marked: number,
  drawn: number,
  markedTotal: number,
  total: number,
): number {
  const most = Math.min(drawn, markedTotal)
  const logAll = logChoose(total, drawn)
  let sum = 0
  for (let k = Math.max(marked, drawn + markedTotal - total, 0); k <= most; k++) {
    sum += Math.exp(logChoose(markedTotal, k) + logChoose(total - markedTotal, drawn - k) - logAll)
  }
  return Math.min(1, sum)
}

function logChoose(n: number, k: number): number {
  return logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1)
}

/** P(X > x) for X ~ Gamma(shape, scale 1): the regularised incomplete gamma function Q(shape, x). */
export function gammaUpperTail(shape: number, x: number): number {
  if (x <= 0) return 1
  const logFactor = shape * Math.log(x) - x - logGamma(shape)
  return x < shape + 1
    ? 1 - Math.exp(logFactor) * lowerSeries(shape, x)
    : Math.exp(logFactor) * upperFraction(shape, x)
}

const TERMS_MAX = 10_000

function lowerSeries(shape: number, x: number): number {
  let term = 1 / shape
  let sum = term
  for (let n = 1; n < TERMS_MAX && term > sum * 1e-15; n++) {
    term *= x / (shape + n)
    sum += term
  }
  return sum
}

/** Continued fraction by Lentz's method (Press et al., Numerical Recipes, §6.2). */
function upperFraction(shape: number, x: number): number {
  let b = x + 1 - shape
  let c = 1e300
  let d = 1 / b
  let fraction = d
  for (let n = 1; n < TERMS_MAX; n++) {
    const a = -n * (n - shape)
    b += 2
    d = 1 / nonZero(a * d + b)
    c = nonZero(b + a / c)
    fraction *= d * c
    if (Math.abs(d * c - 1) < 1e-15) break
  }
  return fraction
}

function nonZero(value: number): number {
  return Math.abs(value) < 1e-300 ? 1e-300 : value
}

/** P(X > x) of a positive statistic, from a gamma distribution with the statistic's exact mean and variance. */
export function momentMatchedUpperTail(x: number, mean: number, variance: number): number {
  if (mean <= 0 || variance <= 0) return 1
  return gammaUpperTail((mean * mean) / variance, (x * mean) / variance)
}

/**
 * Rayleigh's test: the chance that `count` independent uniform phases have a resultant at least this long.
 * Approximation by Zar (Biostatistical Analysis, §27.1).
 *
 * @param meanResultant length of the mean of the unit vectors, 0 to 1
 */
export function rayleighTail(count: number, meanResultant: number): number {
  const resultant = count * meanResultant
  return Math.exp(Math.sqrt(1 + 4 * count + 4 * (count * count - resultant * resultant)) - (1 + 2 * count))
}

/**
 * P(X > x) for the Tracy–Widom distribution of order 1, by the shifted gamma distribution of M. Chiani, "Distribution
 * of the largest eigenvalue for real Wishart and Gaussian random matrices" (Journal of Multivariate Analysis, 2014).
 */
export function tracyWidomUpperTail(x: number): number {
  return gammaUpperTail(46.446_048_843_875_28, (x + 9.848_007_781_128_567) / 0.186_054_022_282_79)
}
