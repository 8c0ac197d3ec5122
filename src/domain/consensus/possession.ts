import type { PublicKey, Signature } from '../model/hex.ts'
import type { AgentId, SwarmId, TenantId } from '../model/ids.ts'
import type { SignatureVerifier } from './ports/signature-verifier.ts'
import { type PublicKeyDefect, publicKeyDefect } from './public-key.ts'
import { possessionBytes } from './sign-bytes.ts'

/** A key an agent wants to vote with, and its proof that it holds the private half. */
export interface KeyClaim {
  readonly tenantId: TenantId
  readonly swarmId: SwarmId
  readonly agentId: AgentId
  readonly publicKey: PublicKey
  /** Over `possessionBytes`. */
  readonly proof: Signature
}

/** Why a registration has to be refused its key; undefined where the key may vote. */
export function keyClaimDefect(
  claim: KeyClaim,
  verifier: SignatureVerifier,
): PublicKeyDefect | 'not_possessed' | undefined {
  const defect = publicKeyDefect(claim.publicKey)
  if (defect !== undefined) return defect
  return verifier.verify(claim.publicKey, possessionBytes(claim), claim.proof) ? undefined : 'not_possessed'
}
