import { createHash } from 'node:crypto'
import type { Hasher } from '#domain/consensus/ports/hasher.ts'
import { hash } from '#domain/model/hex.ts'

export const sha256Hasher: Hasher = {
  sha256: (bytes) => hash(createHash('sha256').update(bytes).digest('hex')),
}
