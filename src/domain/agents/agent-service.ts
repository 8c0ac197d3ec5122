import type { AgentRecord, AgentSpec, AgentTransport } from '../model/agent-record.ts'
import type { Assignment, HeldTask } from '../model/assignment.ts'
import type { PublicKey, Signature } from '../model/hex.ts'
import type { AgentId, NodeId, SessionId, TaskId } from '../model/ids.ts'

export interface RegisterRequest {
  readonly agentId: AgentId
  readonly spec: AgentSpec
  /** SHA-256 of the token the agent will present, lower-case hex. */
  readonly tokenHash?: string
  /** Refuse with `agent_exists` instead of replacing an earlier registration. */
  readonly isNew: boolean
  /** The agent registers itself again: refuse with `agent_removed` where somebody removed it. */
  readonly isReturning?: boolean
  /** A key of its own that the agent votes with; else the hub holds one for it. */
  readonly voterKey?: { readonly publicKey: PublicKey; readonly proof: Signature }
}

export interface PatchAgentRequest {
  readonly agentId: AgentId
  readonly spec: Partial<AgentSpec>
  readonly isDraining?: boolean
  /** Left out for an operator. */
  readonly askedBy?: 'agent'
  /** Trust it again. */
  readonly isQuarantined?: false
  /** Refuse with `version_conflict` where the record has another version. */
  readonly expectedVersion?: number
}

export interface AgentConnection {
  readonly processId: string
  /** 1 for the first of the process. */
  readonly number: number
}

export interface AttachRequest {
  readonly agentId: AgentId
  /** As in {@link ClaimRequest}. */
  readonly tokenHash?: string
  readonly nodeId: NodeId
  readonly sessionId: SessionId
  /**
   * Which connection of which process of the agent: an older one of the same process may arrive later, since a node that
   * was cut off carried the call for long.
   */
  readonly connection?: AgentConnection
  /** The tasks the agent still works on. All others it was given go back to the queue at once. */
  readonly held: readonly HeldTask[]
}

export interface AttachReply {
  readonly agent: AgentRecord
  readonly epoch: number
  readonly leaseMs: number
  readonly kept: readonly TaskId[]
  readonly lost: readonly TaskId[]
}

export interface DetachRequest {
  readonly agentId: AgentId
  readonly sessionId: SessionId
  /** Who ended it. After `agent` the grace period runs; after `server` only the leases do. */
  readonly closedBy: 'agent' | 'server'
}

export interface HeartbeatRequest {
  readonly agentId: AgentId
  /** Left out by agents that speak HTTP only. */
  readonly sessionId?: SessionId
  readonly held: readonly HeldTask[]
}

export interface HeartbeatReply {
  readonly kept: readonly TaskId[]
  /** No longer the agent's; it should stop working on them. */
  readonly lost: readonly TaskId[]
  readonly leaseMs: number
  readonly transport: AgentTransport
}

export interface ClaimRequest {
  readonly agentId: AgentId
  /** Made by the node that received the request, so that a repeated call is answered with the same tasks. */
  readonly claimId: string
  /** SHA-256 of the agent's token that the claim was made with: a claim waits longer than a token may last. */
  readonly tokenHash?: string
  /** 1 to 100; never more than the agent's free slots. */
  readonly countMax: number
  /** How long to wait for the first task, 0 to 30 000. */
  readonly waitMs: number
}

/** What became of the answer to a claim. */
export interface ClaimReceipt {
  readonly agentId: AgentId
  readonly claimId: string
  /** False where the connection closed before it; the claim is then over, whether it was answered or not. */
  readonly isDelivered: boolean
  /** The tasks in the answer. */
  readonly held: readonly HeldTask[]
}

export interface StopWorkRequest {
  readonly agentId: AgentId
  readonly sessionId: SessionId
}

/** Agents: their registrations, their connections and the work they pull. */
export interface AgentService {
  /** @throws `agent_exists`, `agent_removed`, `limit_exceeded`, `key_refused` */
  register(request: RegisterRequest): Promise<AgentRecord>
  /** @throws `agent_not_found`, `version_conflict`, `drain_ordered`, `agent_draining` for one that leaves */
  patch(request: PatchAgentRequest): Promise<AgentRecord>
  /** Drains the agent and removes it once it holds nothing. @throws `agent_not_found` */
  deregister(request: { readonly agentId: AgentId }): Promise<AgentRecord>
  /** The agent's channel is open. The newest attach of an agent wins. @throws `agent_not_found`, `unauthorized`, `session_superseded` */
  attach(request: AttachRequest): Promise<AttachReply>
  detach(request: DetachRequest): Promise<null>
  /** Renews the leases of the tasks named. @throws `agent_not_found` */
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply>
  /** Pulls work over HTTP. @throws `agent_not_found`, `unauthorized`, `agent_draining`, `agent_on_channel` */
  claim(request: ClaimRequest): Promise<readonly Assignment[]>
  /** To be called for each answer to a claim, and where the connection of a claim closed. */
  settleClaim(receipt: ClaimReceipt): Promise<null>
  /** Gives the agent no new task over this connection. @throws `agent_not_found`, `session_superseded`, `session_unknown` */
  stopWork(request: StopWorkRequest): Promise<null>
}
