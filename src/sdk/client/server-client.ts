import type {
  Liveness,
  Readiness,
  StoreView,
  SwarmCreateInput,
  SwarmPage,
  SwarmView,
} from '#contract/index.ts'
import type { HttpConnection } from './http-connection.ts'
import type { CallOptions, PageOptions } from './swarm-client-options.ts'

/** What can be asked of a server whatever the swarm. */
export class ServerClient {
  protected readonly http: HttpConnection

  constructor(http: HttpConnection) {
    this.http = http
  }

  /** Sets up another swarm of the tenant. */
  createSwarm(swarm: SwarmCreateInput): Promise<SwarmView> {
    return this.http.call({ method: 'POST', path: '/v1/swarms', body: swarm })
  }

  /** All swarms of the tenant, in the order of their ids. */
  listSwarms({ signal, ...query }: PageOptions = {}): Promise<SwarmPage> {
    return this.http.call({ method: 'GET', path: '/v1/swarms', query, signal })
  }

  getLiveness({ signal }: CallOptions = {}): Promise<Liveness> {
    return this.http.call({ method: 'GET', path: '/health/live', signal })
  }

  /** Whether the server takes work, and why not where it does not. */
  getReadiness({ signal }: CallOptions = {}): Promise<Readiness> {
    return this.http.call({ method: 'GET', path: '/health/ready', alsoAnswers: NOT_READY, signal })
  }

  getStore({ signal }: CallOptions = {}): Promise<StoreView> {
    return this.http.call({ method: 'GET', path: '/v1/store', signal })
  }

  /** Makes all nodes go on with what the store has now, where this store is lost. */
  acceptStoreLoss(lostStoreId: string, { signal }: CallOptions = {}): Promise<StoreView> {
    return this.http.call({ method: 'POST', path: '/v1/store/accept-loss', body: { lostStoreId }, signal })
  }
}

/** A gateway in front of the server answers 503 as well, in words of its own. */
const NOT_READY = {
  status: 503,
  isAnswer: (body: unknown): boolean => (body as Partial<Readiness> | undefined)?.status === 'not_ready',
}
