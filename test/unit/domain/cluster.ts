import type { AgentConnection, AgentService, AttachReply } from '#domain/agents/agent-service.ts'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import { DEFAULT_SWARM_ID, SwarmDirectory } from '#domain/cluster/swarm-directory.ts'
import type { AgentDelivery } from '#domain/communication/agent-delivery.ts'
import type { AgentSessions } from '#domain/communication/ports/agent-sessions.ts'
import type { ConsensusMessage, ConsensusNotice } from '#domain/consensus/consensus-message.ts'
import { InlineWorkers } from '#domain/kernel/inline-workers.ts'
import type { AgentSpec } from '#domain/model/agent-record.ts'
import type { Assignment, HeldTask } from '#domain/model/assignment.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import {
  type AgentId,
  agentId,
  jsonText,
  nodeId,
  type Scope,
  type SessionId,
  sessionId,
  swarmScope,
  type TaskId,
  taskId,
  tenantId,
} from '#domain/model/ids.ts'
import type { TaskRecord, TaskSpec } from '#domain/model/task-record.ts'
import {
  ORCHESTRATOR_DEFAULTS,
  type OrchestratorOptions,
} from '#domain/orchestration/orchestrator-options.ts'
import type { SwarmService } from '#domain/orchestration/swarm-service.ts'
import type { NewTask } from '#domain/tasks/task-service.ts'
import { CronerCalendar } from '#infra/system/croner-calendar.ts'
import { ManualClock } from '#simulation/manual-clock.ts'
import { createMemoryInfra, type MemoryInfra } from '#simulation/memory/memory-infra.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { MemoryMedium } from '#simulation/memory/memory-medium.ts'
import { MemoryNetwork, MemoryPeers } from '#simulation/memory/memory-peers.ts'
import type { StepFault } from '#simulation/memory/memory-swarm-store.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { toyConsensusCrypto } from '#simulation/toy-signatures.ts'
import { sampleSpec } from '../../helpers/sample-records.ts'

export const TENANT = tenantId('acme')
export const SCOPE = swarmScope(TENANT, DEFAULT_SWARM_ID)
export const LEASE_MS = 10_000

/** Connections that keep what they were told. */
export class RecordedSessions implements AgentSessions {
  readonly #bySession = new Map<SessionId, AgentDelivery[]>()

  /** Connections that take no messages: they are not being read. */
  readonly slow = new Set<SessionId>()
  /** Connections whose agent's process hangs. */
  readonly frozen = new Set<SessionId>()
  /** Called with what the connection is told, as it is told. */
  readonly listeners = new Map<SessionId, (delivery: AgentDelivery) => void>()

  deliver(session: SessionId, delivery: AgentDelivery): boolean {
    if (delivery.type === 'message' && this.slow.has(session)) return false
    this.listeners.get(session)?.(delivery)
    const present = this.#bySession.get(session)
    if (present === undefined) this.#bySession.set(session, [delivery])
    else present.push(delivery)
    return true
  }

  async probe(session: SessionId): Promise<boolean> {
    return !this.frozen.has(session)
  }

  /** Agents whose registration ended, and swarms of which any may have. */
  readonly registrationsEnded: string[] = []

  registrationChanged(scope: Scope, agentId?: AgentId): void {
    this.registrationsEnded.push(agentId ?? scope)
  }

  to(session: SessionId): readonly AgentDelivery[] {
    return this.#bySession.get(session) ?? []
  }

  assignmentsTo(session: SessionId): readonly Assignment[] {
    return this.to(session).flatMap((delivery) => (delivery.type === 'assigned' ? [delivery.assignment] : []))
  }
}

/** One server node without a server: the domain over memory, with `default` as its swarm. */
export interface TestNode {
  readonly infra: MemoryInfra
  readonly directory: SwarmDirectory
  readonly sessions: RecordedSessions
  readonly logger: MemoryLogger
  readonly swarm: OpenSwarm
  readonly service: SwarmService
  /** Kills the node: nothing it still does reaches the others or the store. */
  die(): void
}

export interface ClusterOptions {
  readonly orchestrator?: Partial<OrchestratorOptions>
  readonly openTasksMax?: number
  readonly agentsMax?: number
  readonly eventsMax?: number
  /** Asked for each step of each node. */
  readonly faultFor?: () => StepFault | undefined
}

/** Nodes that share a clock, a medium and a network. */
export class Cluster {
  readonly clock = new ManualClock()
  readonly medium = new MemoryMedium()
  readonly network = new MemoryNetwork({ clock: this.clock })
  readonly #options: ClusterOptions
  readonly #random = new SeededRandom(1)
  #nodes = 0

  constructor(options: ClusterOptions = {}) {
    this.#options = options
  }

  /** Starts a node: one that is alone, or one of several. */
  async node({ isAlone = true }: { readonly isAlone?: boolean } = {}): Promise<TestNode> {
    const { clock, medium, network } = this
    this.#nodes += 1
    const id = nodeId(`node-${this.#nodes}`)
    const { faultFor } = this.#options
    const alone = createMemoryInfra(
      { nodeId: id, ...(faultFor === undefined ? {} : { faultFor }) },
      { medium, clock },
    )
    const infra = isAlone ? alone : { ...alone, peers: new MemoryPeers(id, { network }) }
    const sessions = new RecordedSessions()
    const logger = new MemoryLogger()
    const directory = this.#directory({ infra, sessions, logger })
    await this.settle(directory.start([TENANT]))
    const swarm = await directory.open(TENANT, DEFAULT_SWARM_ID)
    const die = (): void => {
      infra.store.close()
      infra.coordination.die()
      network.die(id)
    }
    return { infra, directory, sessions, logger, swarm, service: swarm.service, die }
  }

  /** Lets time pass until the promise has settled, a minute at most. */
  async settle<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settled = promise.finally(() => {
      isSettled = true
    })
    settled.catch(() => undefined)
    for (let passedMs = 0; !isSettled && passedMs < 60_000; passedMs += 10)
      await this.clock.advanceAsync(passedMs === 0 ? 0 : 10)
    return settled
  }

  pass(ms: number): Promise<void> {
    return this.clock.advanceAsync(ms)
  }

  #directory({ infra, sessions, logger }: Pick<TestNode, 'infra' | 'sessions' | 'logger'>): SwarmDirectory {
    const { orchestrator, openTasksMax = 10_000, agentsMax = 1_000, eventsMax = 100_000 } = this.#options
    const limits = { openTasksMax, agentsMax, eventsMax }
    return new SwarmDirectory(
      {
        defaultSwarm: {
          description: '',
          strategy: { kind: 'least_loaded' },
          topology: { kind: 'mesh' },
          leaseMs: LEASE_MS,
          limits,
        },
        swarmsMax: 10,
        orchestrator: { ...ORCHESTRATOR_DEFAULTS, ...orchestrator },
        sweepMs: 500,
        findCoordinatorMs: 5_000,
        rebalanceAfterMs: 5_000,
      },
      {
        ...infra,
        readyQueueFor: (scope, epoch) => infra.readyQueueFor(scope, epoch),
        sessions,
        clock: this.clock,
        random: this.#random,
        logger,
        consensusCrypto: toyConsensusCrypto(),
        calendar: new CronerCalendar(),
        workers: new InlineWorkers(),
      },
    )
  }
}

/** An agent as a test plays it: it does nothing by itself. */
export class TestAgent {
  readonly id
  session: SessionId
  readonly #node: TestNode
  #connections = 1

  constructor(name: string, node: TestNode) {
    this.id = agentId(name)
    this.session = sessionId(`${name}-1`)
    this.#node = node
  }

  async register(spec: Partial<AgentSpec> = {}): Promise<void> {
    await this.#node.service.agents.register({
      agentId: this.id,
      spec: agentSpec(this.id, spec),
      isNew: false,
    })
  }

  /** Opens a new connection, on this node or another. */
  attach(
    held: readonly HeldTask[] = [],
    node: TestNode = this.#node,
    connection?: AgentConnection,
  ): Promise<AttachReply> {
    this.session = sessionId(`${this.id}-${(this.#connections += 1)}`)
    const { nodeId: at } = node.infra.coordination
    const address = { agentId: this.id, nodeId: at, sessionId: this.session }
    return node.service.agents.attach({
      ...address,
      held,
      ...(connection === undefined ? {} : { connection }),
    })
  }

  async detach(closedBy: 'agent' | 'server' = 'agent'): Promise<void> {
    await this.#node.service.agents.detach({ agentId: this.id, sessionId: this.session, closedBy })
  }

  async heartbeat(held: readonly HeldTask[] = []): Promise<void> {
    await this.#node.service.agents.heartbeat({ agentId: this.id, sessionId: this.session, held })
  }

  /** What the newest connection was given. */
  get assignments(): readonly Assignment[] {
    return this.#node.sessions.assignmentsTo(this.session)
  }

  get service(): SwarmService {
    return this.#node.service
  }

  get told(): readonly AgentDelivery[] {
    return this.#node.sessions.to(this.session)
  }

  /** What it was told in the matter of consensus. */
  get notices(): readonly ConsensusNotice[] {
    return this.told.flatMap((delivery) => (delivery.type === 'consensus' ? [delivery.notice] : []))
  }

  say(message: ConsensusMessage): Promise<null> {
    return this.#node.service.consensus.hear({ agentId: this.id, sessionId: this.session, message })
  }

  report({ taskId, fencingToken }: HeldTask) {
    return { agentId: this.id, taskId, fencingToken, sessionId: this.session }
  }

  /** Says that it received the task. */
  accept(held: HeldTask): Promise<null> {
    return this.#node.service.tasks.accept(this.report(held))
  }

  complete(held: HeldTask, node: TestNode = this.#node): Promise<TaskRecord> {
    return node.service.tasks.complete({ ...this.report(held), result: jsonText('"done"') })
  }

  fail(held: HeldTask, kind: 'retry' | 'fail' | 'reject' = 'retry'): Promise<TaskRecord> {
    return this.#node.service.tasks.fail({
      ...this.report(held),
      kind,
      failure: { code: 'broken', message: 'it broke' },
    })
  }
}

/** A registered agent on an open channel that can review. */
export async function anAgent(
  name: string,
  node: TestNode,
  spec: Partial<AgentSpec> = {},
): Promise<TestAgent> {
  const agent = new TestAgent(name, node)
  await agent.register(spec)
  await agent.attach()
  return agent
}

/** An agent that asks for its work, and is answered. */
interface HttpAgent {
  readonly id: ReturnType<typeof agentId>
  claim(countMax: number, waitMs: number): ReturnType<AgentService['claim']>
  heartbeat(held: Parameters<AgentService['heartbeat']>[0]['held']): ReturnType<AgentService['heartbeat']>
}

export async function httpAgent(name: string, node: TestNode, slots = 1): Promise<HttpAgent> {
  const id = agentId(name)
  let claims = 0
  await node.service.agents.register({ agentId: id, spec: agentSpec(name, { slots }), isNew: true })
  return {
    id,
    claim: async (countMax, waitMs) => {
      claims += 1
      const claimId = `claim-${claims}`
      const held = await node.service.agents.claim({ agentId: id, claimId, countMax, waitMs })
      await node.service.agents.settleClaim({ agentId: id, claimId, isDelivered: true, held })
      return held
    },
    heartbeat: (held) => node.service.agents.heartbeat({ agentId: id, held }),
  }
}

export function agentSpec(name: string, changes: Partial<AgentSpec> = {}): AgentSpec {
  const capabilities = [{ name: 'review', proficiency: 1, cost: 1 }]
  return { name, capabilities, slots: 1, resources: {}, labels: {}, ...changes }
}

export function newTask(id: string, spec: Partial<TaskSpec> = {}): NewTask {
  return { taskId: taskId(id), spec: sampleSpec(spec), payload: jsonText('{"file":"a.ts"}') }
}

/** Submits tasks that nobody asked about twice. */
export async function submit(node: TestNode, id: string, spec: Partial<TaskSpec> = {}): Promise<TaskId> {
  await node.service.tasks.submit({ tasks: [newTask(id, spec)] })
  return taskId(id)
}

export async function eventsOf(node: TestNode): Promise<readonly SwarmEvent[]> {
  return (await node.infra.store.readEvents(SCOPE, 0, 100_000)).events
}

export async function eventTypes(node: TestNode, subject: string): Promise<readonly string[]> {
  return (await eventsOf(node)).filter((event) => event.subject === subject).map(({ type }) => type)
}
