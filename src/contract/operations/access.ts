/** Roles of API keys; each may do what those before it may. */
export const ROLES = ['viewer', 'submitter', 'operator', 'admin'] as const
export type Role = (typeof ROLES)[number]

/** Reads the metrics of the whole node, of all tenants, and nothing else; beside the other roles, not among them. */
export const MONITOR = 'monitor'

/**
 * Who may call an operation. `agent` is the agent itself, by its token, or an operator; `participant` is any agent of the
 * swarm, or a submitter; `monitor` is a viewer or a key that monitors the node; `public` is everybody.
 */
export type Access = 'public' | 'monitor' | 'agent' | 'participant' | Role

/** The least role that may do what each access names. */
export const LEAST_ROLE = {
  viewer: 'viewer',
  monitor: 'viewer',
  agent: 'operator',
  participant: 'submitter',
  submitter: 'submitter',
  operator: 'operator',
  admin: 'admin',
} as const satisfies Record<Exclude<Access, 'public'>, Role>

/** Whether the token of an agent may be enough: for itself, or to read its swarm. */
export function isForAgents(access: Access): boolean {
  return access === 'viewer' || access === 'agent' || access === 'participant'
}
