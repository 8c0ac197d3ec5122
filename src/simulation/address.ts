import { DEFAULT_SWARM_ID } from '#domain/cluster/swarm-directory.ts'
import { swarmScope, tenantId } from '#domain/model/ids.ts'

/** The one swarm of a simulated world. */
export const TENANT = tenantId('acme')
export const SCOPE = swarmScope(TENANT, DEFAULT_SWARM_ID)
