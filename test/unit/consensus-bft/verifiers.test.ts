import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { DecisionCertificate } from '#domain/consensus/certificate.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import { type DecisionVerdict, verifyDecision } from '#domain/consensus/verify-decision.ts'
import type { Hash } from '#domain/model/hex.ts'
import { Ed25519Verifier } from '#infra/system/ed25519-verifier.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { DecisionWorld, type WorldSpec } from '../../helpers/decision/decision-world.ts'
import { ed25519VoterKey } from '../../helpers/decision/ed25519-voter-key.ts'
import { decideTogether } from '../../helpers/decision/perfect-network.ts'
import { MUTATIONS } from '../../verifier/mutations.ts'
import { NON_CANONICAL_KEYS, SMALL_ORDER_KEYS } from '../../verifier/weak-keys.ts'

const verifierFolder = fileURLToPath(new URL('../../verifier/', import.meta.url))
const verifier = new Ed25519Verifier()
const realWorld = (spec: WorldSpec = {}) => new DecisionWorld({ ...spec, keyOf: ed25519VoterKey, verifier })

const world = realWorld()
const example = decideTogether(world, [
  world.ballot(3, 'reject', 'The change has no test.'),
  world.ballot(0, 'approve', 'Works: “ça marche” 🎉'),
  world.ballot(1),
  world.ballot(2),
])
const trusted = world.instance.electorate.hash

/** Certificates that honest voters came to, by what is particular about them. */
const REAL: Readonly<Record<string, readonly [DecisionCertificate, Hash]>> = {
  'an approval': [example, trusted],
  'a rejection': real({}, (w) => decideTogether(w, [w.ballot(0, 'reject'), w.ballot(1, 'reject')])),
  'an expiry': real({}, (w) => decideTogether(w, [w.ballot(0)], 'expired')),
  'a cancellation': real({}, (w) => decideTogether(w, [], 'cancelled')),
  'one voter': real({ weights: [1] }, (w) => decideTogether(w, [w.ballot(0)])),
  weights: real({ weights: [3, 2, 2] }, (w) => decideTogether(w, [w.ballot(0), w.ballot(1)])),
  'a double ballot': real({ weights: [1, 1, 1, 1, 1] }, (w) =>
    decideTogether(w, [w.ballot(4), w.ballot(4, 'reject'), ...[0, 1, 2, 3].map((at) => w.ballot(at))]),
  ),
  'a choice': real(
    {
      proposal: {
        mode: 'choice',
        options: ['rot', 'grün', 'blau'],
        threshold: { numerator: 3, denominator: 4 },
      },
    },
    (w) =>
      decideTogether(
        w,
        [0, 1, 2].map((at) => w.ballot(at, 'grün', '')),
      ),
  ),
  'hub-held keys': real({ custodyOf: (at) => (at < 2 ? 'hub' : 'self') }, (w) =>
    decideTogether(
      w,
      [0, 1, 2].map((at) => w.ballot(at)),
    ),
  ),
}

function real(spec: WorldSpec, decide: (world: DecisionWorld) => DecisionCertificate) {
  const ofItsOwn = realWorld(spec)
  return [decide(ofItsOwn), ofItsOwn.instance.electorate.hash] as const
}

/** As it travels. */
function overTheWire(certificate: unknown): unknown {
  return JSON.parse(JSON.stringify(certificate))
}

function ours(certificate: unknown, trustedSetHash: Hash | undefined): DecisionVerdict {
  return verifyDecision(overTheWire(certificate), trustedSetHash, { hasher: sha256Hasher, verifier })
}

interface SecondVerdict {
  readonly valid: boolean
  readonly defect?: string
  readonly [member: string]: unknown
}

/** What the verifier in Python says of each case, in one run. */
function second(cases: readonly { certificate: unknown; trustedSetHash?: string }[]): SecondVerdict[] {
  const script = `${verifierFolder}verify_certificate.py`
  const input = cases
    .map(({ certificate, trustedSetHash }) => ({
      certificate: typeof certificate === 'string' ? certificate : JSON.stringify(certificate),
      trustedSetHash,
    }))
    .map((one) => `${JSON.stringify(one)}\n`)
    .join('')
  // Debian's own Python: it is the one that python3-cryptography is installed for.
  const output = execFileSync('/usr/bin/python3', [script, '--lines'], { input, encoding: 'utf8' })
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as SecondVerdict)
}

describe('verifyDecision', () => {
  it.each(Object.entries(REAL))('accepts %s', (_, [certificate, hash]) => {
    expect(ours(certificate, hash)).toMatchObject({
      isValid: true,
      certificate,
      outcome: certificate.outcome,
    })
  })

  it.each(Object.entries(MUTATIONS))('refuses %s', (_, mutate) => {
    expect(ours(mutate({ world, certificate: example }), trusted)).toMatchObject({ isValid: false })
  })

  it('refuses every certificate when no trusted set is given, or another', () => {
    expect(ours(example, undefined)).toEqual({ isValid: false, defect: 'no trusted set is given' })
    const other = realWorld({ weights: [1, 1, 1, 2] }).instance.electorate.hash
    expect(ours(example, other)).toEqual({ isValid: false, defect: 'the voters are not the trusted set' })
  })

  it('refuses a certificate with any one of its values changed', () => {
    const accepted = everyChange(overTheWire(example)).filter((changed) => ours(changed, trusted).isValid)
    expect(accepted).toEqual([])
  })

  it('says how far a decision rests on keys that the hub holds', () => {
    const [certificate, hash] = REAL['hub-held keys']!
    expect(ours(certificate, hash)).toMatchObject({
      totalWeight: 4,
      selfCustodyWeight: 2,
      selfCustodyQuorum: false,
    })
    expect(ours(example, trusted)).toMatchObject({ selfCustodyWeight: 3, selfCustodyQuorum: true })
  })

  it('says that three voters tolerate no liar', () => {
    const [certificate, hash] = real({ weights: [1, 1, 1] }, (w) =>
      decideTogether(
        w,
        [0, 1].map((at) => w.ballot(at)),
      ),
    )
    expect(ours(certificate, hash)).toMatchObject({ isValid: true, faultWeightMax: 0 })
  })
})

describe('the second verifier', () => {
  it('accepts the same certificates and reports the same of them', () => {
    const cases = Object.values(REAL).map(([certificate, trustedSetHash]) => ({
      certificate,
      trustedSetHash,
    }))
    const verdicts = cases.map(({ certificate, trustedSetHash }) => {
      const verdict = ours(certificate, trustedSetHash)
      if (!verdict.isValid) throw new Error(verdict.defect)
      const {
        isValid,
        certificate: _,
        instance: __,
        value: ___,
        valueId: ____,
        ending: _____,
        ...report
      } = verdict
      return { valid: isValid, ...report }
    })
    expect(second(cases)).toEqual(verdicts)
  })

  it('refuses each mutation', () => {
    const names = Object.keys(MUTATIONS)
    const cases = Object.values(MUTATIONS).map((mutate) => ({
      certificate: mutate({ world, certificate: example }) ?? null,
      trustedSetHash: trusted,
    }))
    const accepted = second(cases).flatMap(({ valid }, at) => (valid ? [names[at]] : []))
    expect(accepted).toEqual([])
    expect(names.length).toBeGreaterThanOrEqual(20)
  })

  it('refuses a certificate with any one of its values changed', () => {
    const cases = everyChange(overTheWire(example)).map((certificate) => ({
      certificate,
      trustedSetHash: trusted,
    }))
    expect(second(cases).filter(({ valid }) => valid)).toEqual([])
    expect(cases.length).toBeGreaterThan(50)
  })

  it('refuses every certificate when no trusted set is given', () => {
    expect(second([{ certificate: example }])).toEqual([{ valid: false, defect: 'no trusted set is given' }])
  })
})

describe('both verifiers', () => {
  const text = JSON.stringify(example)
  const numbers = [...text.matchAll(/:(\d+)/g)].map(
    ({ index, 1: digits = '' }) => [index + 1, digits] as const,
  )
  const rewritten = (write: (digits: string) => string) =>
    numbers.map(([at, digits]) => text.slice(0, at) + write(digits) + text.slice(at + digits.length))
  const doubled = [...text.matchAll(/\{"(\w+)":/g)].map(
    ({ index, 1: name = '' }) => `${text.slice(0, index)}{"${name}":null,${text.slice(index + 1)}`,
  )
  const escapedName = text.replace('{"format"', '{"form\\u0061t":1,"format"')

  it('refuse a text that two readers could read in two ways', () => {
    const texts = [
      ...doubled,
      escapedName,
      ...rewritten((digits) => `${digits}.0`),
      ...rewritten((digits) => `${digits}e0`),
      ...rewritten((digits) => `-${digits}`),
      ...rewritten((digits) => `0${digits}`),
      `\uFEFF${text}`,
      `${text} x`,
      text.slice(0, -1),
      text.replace(/"height":\d+/, '"height":NaN'),
      `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    ]
    expect(texts.length).toBeGreaterThan(60)
    const check = (one: string) => verifyDecision(one, trusted, { hasher: sha256Hasher, verifier }).isValid
    expect(texts.filter(check)).toEqual([])
    expect(
      second(texts.map((certificate) => ({ certificate, trustedSetHash: trusted }))).filter(
        ({ valid }) => valid,
      ),
    ).toEqual([])
  })

  it('accept a text with other spaces, escapes and order of members', () => {
    const texts = [
      JSON.stringify(example, null, 2),
      text.replaceAll('approve', '\\u0061pprove'),
      JSON.stringify(reordered(overTheWire(example))),
      `\t\r\n ${text}\n`,
    ]
    for (const one of texts)
      expect(verifyDecision(one, trusted, { hasher: sha256Hasher, verifier })).toMatchObject({
        isValid: true,
      })
    expect(
      second(texts.map((certificate) => ({ certificate, trustedSetHash: trusted }))).map(
        ({ valid }) => valid,
      ),
    ).toEqual(texts.map(() => true))
  })

  it('accept an empty title and an empty proposer', () => {
    const [certificate, hash] = real({ proposal: { title: '', proposedBy: '' } }, (w) =>
      decideTogether(
        w,
        [0, 1, 2].map((at) => w.ballot(at)),
      ),
    )
    expect(ours(certificate, hash)).toMatchObject({ isValid: true })
    expect(second([{ certificate, trustedSetHash: hash }])).toMatchObject([{ valid: true }])
  })

  it('refuse keys of small order and keys that are not canonical, each for what it is', () => {
    const weak = [...SMALL_ORDER_KEYS, ...NON_CANONICAL_KEYS]
    const cases = weak.map((publicKey) => {
      const [first, ...rest] = example.electorate
      return {
        certificate: { ...example, electorate: [{ ...first, publicKey }, ...rest] },
        trustedSetHash: trusted,
      }
    })
    const defects = cases
      .map(({ certificate }) => ours(certificate, trusted))
      .map((one) => !one.isValid && one.defect)
    expect(new Set(defects.slice(0, SMALL_ORDER_KEYS.length))).toEqual(
      new Set(['a public key is small_order']),
    )
    expect(new Set(defects.slice(SMALL_ORDER_KEYS.length))).toEqual(
      new Set(['a public key is non_canonical']),
    )
    const others = second(cases).map(({ defect }) => defect)
    expect(new Set(others.slice(0, SMALL_ORDER_KEYS.length))).toEqual(new Set(['a key of small order']))
    expect(new Set(others.slice(SMALL_ORDER_KEYS.length))).toEqual(new Set(['a key that is not canonical']))
  })
})

describe('docs/decision-certificate.md', () => {
  it('has an example that is still what the voters of the example sign', () => {
    const file = readFileSync(`${verifierFolder}example-certificate.json`, 'utf8')
    expect(JSON.parse(file)).toEqual(overTheWire(example))
  })

  it('states the hashes of its example', () => {
    const page = readFileSync(new URL('../../../docs/decision-certificate.md', import.meta.url), 'utf8')
    const verdict = ours(example, trusted)
    if (!verdict.isValid) throw new Error(verdict.defect)
    const { instance, valueId } = verdict
    const precommit = { kind: 'precommit', voter: world.voter(0), round: 0, validRound: -1, valueId } as const
    const stated = {
      electorateHash: instance.electorate.hash,
      proposalHash: instance.proposalHash,
      contextHash: sha256Hasher.sha256(instance.context),
      valueId,
      precommitHash: sha256Hasher.sha256(signBytes(instance, precommit)),
    }
    expect(Object.entries(stated).filter(([, hash]) => !page.includes(hash))).toEqual([])
  })
})

/** The same objects with their members the other way round. */
function reordered(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(reordered)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(
    Object.entries(json)
      .toReversed()
      .map(([name, value]) => [name, reordered(value)]),
  )
}

/** The JSON with each of its values in turn changed a little, left out, or made something else. */
function everyChange(json: unknown): unknown[] {
  if (typeof json === 'string') return [`${json}x`, json.slice(1), 7]
  if (typeof json === 'number') return [json + 1, -json - 1, json + 0.5, String(json)]
  if (Array.isArray(json)) {
    const items: readonly unknown[] = json
    const changed = items.flatMap((item, at) => everyChange(item).map((other) => items.with(at, other)))
    return [...changed, ...items.map((_, at) => items.toSpliced(at, 1)), {}]
  }
  if (typeof json !== 'object' || json === null) return [false]
  const members = Object.entries(json)
  return members.flatMap(([name, value]) => {
    const others = members.filter(([other]) => other !== name)
    const without = Object.fromEntries(others)
    return [without, ...everyChange(value).map((changed) => ({ ...without, [name]: changed }))]
  })
}
