import { onTestFailed } from 'vitest'
import { eventually } from '../eventually.ts'
import { type RedisOptions, type RedisServer, startRedis } from '../redis-server.ts'
import { AgentFleet, type AgentFleetOptions } from './agent-fleet.ts'
import { type AuditOptions, type AuditReport, audit } from './audit.ts'
import { EventFollower } from './event-follower.ts'
import { gatherEvidence } from './evidence.ts'
import { ServerProcess, type ServerProcessOptions } from './server-process.ts'
import { SubmitLoad } from './submit-load.ts'

interface Closable {
  close(): Promise<void>
}

const LOG_LINES_SHOWN = 60

/** Everything that one scenario starts: servers, agents, load and a follower of the events. Ends all of it. */
export class Scene {
  readonly servers: ServerProcess[] = []
  readonly #parts: Closable[] = []

  /** To be made in a test, or in what runs before each. */
  constructor() {
    onTestFailed(() => {
      for (const { url, output } of this.servers)
        process.stderr.write(`what ${url} logged:\n${tailOf(output)}\n`)
    })
  }

  /** Of all servers. */
  get urls(): readonly string[] {
    return this.servers.map(({ url }) => url)
  }

  async startRedis(options: RedisOptions = {}): Promise<RedisServer> {
    return this.keep(await startRedis(options))
  }

  async startServer(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const server = this.keep(await ServerProcess.start(options))
    this.servers.push(server)
    return server
  }

  async startAgents(options: Omit<AgentFleetOptions, 'urls'>): Promise<AgentFleet> {
    return this.keep(await AgentFleet.start({ urls: this.urls, ...options }))
  }

  /** From the first event on. */
  follow(): EventFollower {
    return this.keep(new EventFollower({ urls: this.urls }))
  }

  startLoad(perSecond: number, fillerBytes = 0): SubmitLoad {
    return this.keep(new SubmitLoad({ urls: this.urls, perSecond, fillerBytes }).start())
  }

  /** Ends the load, waits until all is done, and holds clients, agents and the log against each other. */
  async finish(
    { load, fleet, follower }: { load: SubmitLoad; fleet: AgentFleet; follower: EventFollower },
    options: AuditOptions = {},
  ): Promise<AuditReport> {
    await load.stop()
    return audit(await gatherEvidence({ urls: this.urls, load, fleet, follower }), options)
  }

  /** What was started last ends first. */
  async close(): Promise<void> {
    for (const part of this.#parts.splice(0).toReversed()) await part.close()
  }

  /** Has it closed with the rest. */
  keep<T extends Closable>(part: T): T {
    this.#parts.push(part)
    return part
  }
}

/** The last lines: a node in trouble logs the same over and over. */
function tailOf(output: string): string {
  return output.split('\n').slice(-LOG_LINES_SHOWN).join('\n')
}

/** Resolves once `count` more submits have been accepted. */
export async function whenAccepted(load: SubmitLoad, count: number, timeoutMs = 60_000): Promise<void> {
  const goal = load.accepted.length + count
  await eventually(() => load.accepted.length >= goal, {
    timeoutMs,
    what: () => `${goal} accepted submits; there are ${load.accepted.length} of ${load.submitted}`,
  })
}
