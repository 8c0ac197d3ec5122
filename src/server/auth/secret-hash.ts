import { createHash, timingSafeEqual } from 'node:crypto'

/** SHA-256 in lower-case hex: what is kept of a key or token instead of it. */
export function secretHash(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Takes the same time wherever the two differ. */
export function hashesMatch(actual: string, expected: string): boolean {
  const left = Buffer.from(actual, 'latin1')
  const right = Buffer.from(expected, 'latin1')
  return left.length === right.length && timingSafeEqual(left, right)
}
