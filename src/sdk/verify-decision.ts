import { type DecisionVerdict, verifyDecision as verifyBy } from '#domain/consensus/verify-decision.ts'
import { isHash } from '#domain/model/hex.ts'
import { Ed25519Verifier } from '#infra/system/ed25519-verifier.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'

const modules = { hasher: sha256Hasher, verifier: new Ed25519Verifier() }

/**
 * Checks a decision from nothing but its certificate and the hash of the voters one trusts, as
 * `docs/decision-certificate.md` says. Asks no server, and never throws.
 *
 * @param certificate its JSON text, which is checked whole, or the parsed certificate
 * @param trustedSetHash the electorate's hash, from elsewhere than the certificate: without one nothing is valid
 */
export function verifyDecision(certificate: unknown, trustedSetHash: string | undefined): DecisionVerdict {
  const trusted = isHash(trustedSetHash) ? trustedSetHash : undefined
  return verifyBy(certificate, trusted, modules)
}
