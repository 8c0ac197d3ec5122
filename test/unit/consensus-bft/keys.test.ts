import { describe, expect, it } from 'vitest'
import { createElectorate, electorateDefect, type Voter } from '#domain/consensus/electorate.ts'
import { keyClaimDefect } from '#domain/consensus/possession.ts'
import { publicKeyDefect } from '#domain/consensus/public-key.ts'
import { possessionBytes } from '#domain/consensus/sign-bytes.ts'
import { publicKey, signature } from '#domain/model/hex.ts'
import { agentId, swarmId, tenantId } from '#domain/model/ids.ts'
import { Ed25519Key } from '#infra/system/ed25519-key.ts'
import { Ed25519Verifier } from '#infra/system/ed25519-verifier.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { NON_CANONICAL_KEYS, SMALL_ORDER_KEYS } from '../../verifier/weak-keys.ts'

const verifier = new Ed25519Verifier()

describe('a public key', () => {
  it.each(SMALL_ORDER_KEYS)('of small order is refused: %s', (raw) => {
    expect(publicKeyDefect(raw)).toBe('small_order')
  })

  it.each(NON_CANONICAL_KEYS)('that is not canonical is refused: %s', (raw) => {
    expect(publicKeyDefect(raw)).toBe('non_canonical')
  })

  it.each(['', '00', 'zz'.repeat(32), 'AB'.repeat(32), 7, undefined])(
    'that is none is refused: %s',
    (raw) => {
      expect(publicKeyDefect(raw)).toBe('malformed')
    },
  )

  it('made by anyone is accepted', () => {
    for (let count = 0; count < 50; count += 1) {
      expect(publicKeyDefect(Ed25519Key.generate().publicKey)).toBeUndefined()
    }
  })
})

describe('Ed25519', () => {
  // RFC 8032, section 7.1, test 2.
  const rfcKey = publicKey('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  const rfcSignature = signature(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )

  it('verifies the example of its specification, and nothing else with it', () => {
    expect(verifier.verify(rfcKey, Uint8Array.of(0x72), rfcSignature)).toBe(true)
    expect(verifier.verify(rfcKey, Uint8Array.of(0x73), rfcSignature)).toBe(false)
    expect(verifier.verify(Ed25519Key.generate().publicKey, Uint8Array.of(0x72), rfcSignature)).toBe(false)
  })

  it('signs what it verifies, from a key that was written down, too', () => {
    const key = Ed25519Key.generate()
    const bytes = Uint8Array.of(1, 2, 3)
    const restored = Ed25519Key.fromPem(key.toPem())
    expect(restored.publicKey).toBe(key.publicKey)
    expect(verifier.verify(key.publicKey, bytes, restored.sign(bytes))).toBe(true)
  })

  it('accepts nothing under a key of small order, though OpenSSL would', () => {
    // R and S that fit the neutral point as a key, whatever the message.
    const universal = signature(`01${'00'.repeat(63)}`)
    for (const raw of SMALL_ORDER_KEYS)
      expect(verifier.verify(publicKey(raw), Uint8Array.of(1), universal)).toBe(false)
  })

  it('answers false for a key that is no point of the curve', () => {
    const offCurve = publicKey(`02${'00'.repeat(31)}`)
    expect(publicKeyDefect(offCurve)).toBeUndefined()
    expect(verifier.verify(offCurve, Uint8Array.of(1), rfcSignature)).toBe(false)
  })

  it('goes on verifying when it has seen more keys than it keeps', () => {
    const keys = Array.from({ length: 1_100 }, () => Ed25519Key.generate())
    const bytes = Uint8Array.of(9)
    for (const key of [...keys, ...keys.slice(0, 10)]) {
      expect(verifier.verify(key.publicKey, bytes, key.sign(bytes))).toBe(true)
    }
  })
})

describe('a claim to a key', () => {
  const key = Ed25519Key.generate()
  const owner = {
    tenantId: tenantId('acme'),
    swarmId: swarmId('default'),
    agentId: agentId('ada'),
    publicKey: key.publicKey,
  }
  const claim = { ...owner, proof: key.sign(possessionBytes(owner)) }

  it('is granted to who holds the private half', () => {
    expect(keyClaimDefect(claim, verifier)).toBeUndefined()
  })

  it.each([
    ['another agent', { ...claim, agentId: agentId('bob') }],
    ['another swarm', { ...claim, swarmId: swarmId('other') }],
    ['another tenant', { ...claim, tenantId: tenantId('evil') }],
    ['another key', { ...claim, publicKey: Ed25519Key.generate().publicKey }],
  ])('is refused with the proof of %s', (_, stolen) => {
    expect(keyClaimDefect(stolen, verifier)).toBe('not_possessed')
  })

  it('is refused for a key of small order, whatever the proof', () => {
    const weak = { ...claim, publicKey: publicKey(SMALL_ORDER_KEYS[0]!) }
    expect(keyClaimDefect(weak, verifier)).toBe('small_order')
  })
})

describe('an electorate', () => {
  const voter = (name: string, change: Partial<Voter> = {}): Voter => ({
    agentId: agentId(name),
    publicKey: Ed25519Key.generate().publicKey,
    weight: 1,
    custody: 'self',
    ...change,
  })
  const [ada, bob] = [voter('ada'), voter('bob')]

  it('has one hash, in whatever order its voters come', () => {
    expect(createElectorate([bob, ada], sha256Hasher)).toEqual(createElectorate([ada, bob], sha256Hasher))
  })

  it.each([
    ['another weight', { weight: 2 }],
    ['other custody', { custody: 'hub' as const }],
    ['another key', { publicKey: Ed25519Key.generate().publicKey }],
  ])('has another hash with %s', (_, change) => {
    const changed = createElectorate([ada, { ...bob, ...change }], sha256Hasher)
    expect(changed.hash).not.toBe(createElectorate([ada, bob], sha256Hasher).hash)
  })

  it.each([
    ['nobody', []],
    ['more than fifty', Array.from({ length: 51 }, (_, at) => voter(`v${String(at).padStart(2, '0')}`))],
    ['one voter twice', [ada, { ...voter('ada') }]],
    ['one key twice', [ada, { ...bob, publicKey: ada.publicKey }]],
    ['voters out of order', [bob, ada]],
    ['a weight of zero', [voter('ada', { weight: 0 })]],
    ['half a weight', [voter('ada', { weight: 0.5 })]],
    ['a weight too large', [voter('ada', { weight: 1_000_001 })]],
    ['a key of small order', [voter('ada', { publicKey: publicKey(SMALL_ORDER_KEYS[2]!) })]],
  ])('of %s is refused', (_, voters) => {
    expect(electorateDefect(voters)).toBeDefined()
  })
})
