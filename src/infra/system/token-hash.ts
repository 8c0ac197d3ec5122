import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const TOKEN_BYTES = 32

/** A new secret of 256 random bits in base64url, to be shown once and kept only as its hash. */
export function newToken(): string {
  return randomBytes(TOKEN_BYTES).toString('base64url')
}

/** SHA-256 in lower-case hex: enough for secrets of full entropy, and what the store keeps of them. */
export function tokenHash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Takes the same time wherever the two differ. */
export function tokenMatches(token: string, expectedHash: string): boolean {
  const actual = Buffer.from(tokenHash(token), 'latin1')
  const expected = Buffer.from(expectedHash, 'latin1')
  return actual.length === expected.length && timingSafeEqual(actual, expected)
}
