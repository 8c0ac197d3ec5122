import { swarmScope, tenantId } from '#domain/ids.ts'
import { DEFAULT_SWARM_ID } from '#domain/orchestration/swarm-directory.ts'

/** The one swarm of a simulated world. */
export const TENANT = tenantId('acme')
export const SCOPE = swarmScope(TENANT, DEFAULT_SWARM_ID)
