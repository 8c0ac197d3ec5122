import { createHash } from 'node:crypto'
import { hash } from '#domain/consensus/hex.ts'
import type { Hasher } from '#domain/consensus/ports/hasher.ts'

export const sha256Hasher: Hasher = {
  sha256: (bytes) => hash(createHash('sha256').update(bytes).digest('hex')),
}
