import type { Principal } from './principal.ts'

/** For the coordinating node, which compares it once more: a token may be replaced after it was looked up. */
export function tokenHashOf({ kind, credentialHash }: Principal): { tokenHash?: string } {
  return kind === 'agent' && credentialHash !== undefined ? { tokenHash: credentialHash } : {}
}
