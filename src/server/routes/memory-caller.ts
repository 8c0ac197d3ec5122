import type { FastifyRequest } from 'fastify'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import type { MemoryCaller } from '#domain/intelligence/memory/memory-namespace.ts'
import { swarmId } from '#domain/model/ids.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import type { Principal } from '../auth/principal.ts'
import type { Swarms } from '../swarms.ts'

interface SwarmRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string }
}

/** The swarm of a request, and who asks. */
export async function memoryOf(
  swarms: Swarms,
  request: SwarmRequest,
): Promise<{ readonly swarm: OpenSwarm; readonly caller: MemoryCaller }> {
  const principal = callerOf(request)
  const swarm = await swarms.open(principal.tenant, swarmId(request.params.swarmId))
  return { swarm, caller: memoryCaller(principal) }
}

/** Who reads or writes the memory, as the credential says. */
function memoryCaller(principal: Principal): MemoryCaller {
  if (principal.kind === 'agent') return { agentId: principal.agentId }
  const { name, role } = principal
  return { client: name, ...(role === undefined ? {} : { role }) }
}
