import { type AgentId, agentId } from '#domain/model/ids.ts'

/** `agents('a b c')`: three ids. */
export function agents(names: string): AgentId[] {
  return names.split(' ').map((name) => agentId(name))
}
