import { createHash, createPrivateKey } from 'node:crypto'
import { Ed25519Key } from '#infra/system/ed25519-key.ts'

/** What PKCS #8 puts before the 32 secret bytes of an Ed25519 key (RFC 8410). */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex')

/** A real key, the same for the same name, so that examples stay as they are. */
export function ed25519VoterKey(name: string): Ed25519Key {
  const secret = createHash('sha256').update(`test key of ${name}`).digest()
  const der = Buffer.concat([PKCS8_PREFIX, secret])
  return new Ed25519Key(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }))
}
