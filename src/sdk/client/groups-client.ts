import type { GroupPage, GroupView } from '#contract/index.ts'
import type { HttpRequest } from './http-connection.ts'
import type { CallOptions, PageOptions } from './swarm-client-options.ts'

/** The groups that agents form under the strategy `flocking`: {@link SwarmClient.groups}. */
export class GroupsClient {
  readonly #call: <T>(request: HttpRequest) => Promise<T>

  constructor(call: <T>(request: HttpRequest) => Promise<T>) {
    this.#call = call
  }

  /** By name. */
  list({ signal, ...query }: PageOptions = {}): Promise<GroupPage> {
    return this.#call({ method: 'GET', path: '/groups', query, signal })
  }

  get(group: string, { signal }: CallOptions = {}): Promise<GroupView> {
    return this.#call({ method: 'GET', path: `/groups/${encodeURIComponent(group)}`, signal })
  }
}
