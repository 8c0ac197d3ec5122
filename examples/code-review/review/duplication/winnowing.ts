/** Tokens hashed together; shorter repetitions are noise (the paper's k). */
export const NOISE_TOKENS = 40
/** Any repetition of this many tokens is found (the paper's t). */
export const GUARANTEED_TOKENS = 60
const WINDOW = GUARANTEED_TOKENS - NOISE_TOKENS + 1

export interface Fingerprint {
  readonly hash: number
  /** Index of the first of its {@link NOISE_TOKENS} tokens. */
  readonly at: number
}

/**
 * Chooses a few of a text's k-gram hashes such that two texts which share t tokens in a row share at least
 * one choice. S. Schleimer, D. Wilkerson, A. Aiken, "Winnowing: Local Algorithms for Document
 * Fingerprinting" (SIGMOD 2003), §3: of each window the smallest hash, the rightmost of equals, once.
 */
export function winnow(tokens: Int32Array): readonly Fingerprint[] {
  const hashes = hashGrams(tokens)
  const chosen: Fingerprint[] = []
  let smallest = -1
  for (let end = WINDOW - 1; end < hashes.length; end++) {
    const start = end - WINDOW + 1
    const previous = smallest
    if (smallest < start) smallest = smallestIn(hashes, start, end)
    else if ((hashes[end] ?? 0) <= (hashes[smallest] ?? 0)) smallest = end
    if (smallest !== previous) chosen.push({ hash: hashes[smallest] ?? 0, at: smallest })
  }
  return chosen
}

function smallestIn(hashes: Uint32Array, start: number, end: number): number {
  let smallest = end
  for (let at = end - 1; at >= start; at--) if ((hashes[at] ?? 0) < (hashes[smallest] ?? 0)) smallest = at
  return smallest
}

const BASE = 0x01000193

/** Rolling hashes of every run of {@link NOISE_TOKENS} tokens (R. Karp, M. Rabin, 1987), modulo 2³². */
function hashGrams(tokens: Int32Array): Uint32Array {
  const count = tokens.length - NOISE_TOKENS + 1
  if (count <= 0) return new Uint32Array(0)
  const hashes = new Uint32Array(count)
  let top = 1
  for (let power = 1; power < NOISE_TOKENS; power++) top = Math.imul(top, BASE)
  let hash = 0
  for (let at = 0; at < tokens.length; at++) {
    const leaving = at >= NOISE_TOKENS ? spread(tokens[at - NOISE_TOKENS] ?? 0) : 0
    hash = Math.imul(hash - Math.imul(leaving, top), BASE) + spread(tokens[at] ?? 0)
    // The low bits of a polynomial hash depend on few tokens, so they are mixed before hashes are compared.
    if (at >= NOISE_TOKENS - 1) hashes[at - NOISE_TOKENS + 1] = spread(hash) >>> 0
  }
  return hashes
}

/** Murmur3's finaliser: neighbouring numbers come out far apart. */
function spread(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
