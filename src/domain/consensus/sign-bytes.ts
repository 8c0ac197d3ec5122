import { assertNever } from '../model/errors.ts'
import { hexToBytes, type PublicKey } from '../model/hex.ts'
import type { AgentId, SwarmId, TenantId } from '../model/ids.ts'
import { ByteWriter } from './byte-writer.ts'
import type { DecisionInstance } from './instance.ts'
import type { UnsignedStatement, ValueId } from './signed-messages.ts'

/** A ballot belongs to no round. */
const NO_ROUND = -1

/**
 * The bytes a voter signs for a message. They begin with a tag that names protocol, version and kind, so that no
 * signature can pass for one of another kind, and with everything the instance is about. Who signs is not among them:
 * the key says so, and no two voters share one.
 */
export function signBytes(instance: DecisionInstance, message: UnsignedStatement): Uint8Array {
  const writer = new ByteWriter().text(`amos-swarm/decision/1/${message.kind}`).bytes(instance.context)
  switch (message.kind) {
    case 'ballot':
      return writer.int(NO_ROUND).int(NO_ROUND).text(message.choice).optionalText(message.reason).finish()
    case 'nomination':
    case 'prevote':
    case 'precommit':
      return writer.int(message.round).int(message.validRound).bytes(valueBytes(message.valueId)).finish()
    default:
      return assertNever(message)
  }
}

/**
 * What an agent signs when it registers a key, to prove that it holds the private half. It names the agent, so that
 * nobody can register someone else's key with someone else's proof.
 */
export function possessionBytes(owner: {
  readonly tenantId: TenantId
  readonly swarmId: SwarmId
  readonly agentId: AgentId
  readonly publicKey: PublicKey
}): Uint8Array {
  return new ByteWriter()
    .text('amos-swarm/possession/1')
    .text(owner.tenantId)
    .text(owner.swarmId)
    .text(owner.agentId)
    .bytes(hexToBytes(owner.publicKey))
    .finish()
}

/** No bytes at all for nil: no hash is empty. */
function valueBytes(valueId: ValueId | null): Uint8Array {
  return valueId === null ? new Uint8Array() : hexToBytes(valueId)
}
