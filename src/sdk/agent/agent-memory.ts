import { HttpConnection } from '../client/http-connection.ts'
import { MemoryClient } from '../client/memory-client.ts'
import { SwarmClient } from '../node-swarm-client.ts'
import type { AgentIdentity } from './agent-identity.ts'
import type { SwarmAgentOptions } from './swarm-agent-options.ts'

/**
 * The memory as the agent itself reads and writes it: its own namespace is open to it, and what it writes names it as the
 * author. The first call registers the agent, where it is not registered yet.
 */
export function agentMemory(
  { url, swarmId }: Required<Pick<SwarmAgentOptions, 'url' | 'swarmId'>>,
  identity: AgentIdentity,
): MemoryClient {
  let member:
    | { readonly token: string; readonly http: HttpConnection; readonly swarm: SwarmClient }
    | undefined
  const path = `/v1/swarms/${encodeURIComponent(swarmId)}`
  return new MemoryClient({
    call: async (request) => {
      const { token } = await identity.obtain()
      if (member?.token !== token) {
        const options = { url, apiKey: token }
        member = { token, http: new HttpConnection(options), swarm: new SwarmClient({ ...options, swarmId }) }
      }
      return member.http.call({ ...request, path: path + request.path })
    },
    events: (options) => {
      if (member === undefined) throw new Error('read or write the memory before you watch it')
      return member.swarm.events(options)
    },
  })
}
