/** Randomness, as the domain may know it: seeded under test, the system's otherwise. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number
}

/** Names for new things. */
export interface Ids {
  /** Never given before, in lower-case letters, digits and hyphens; sorts by the time it was made. */
  next(): string
}
