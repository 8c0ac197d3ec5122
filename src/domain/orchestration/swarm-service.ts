import type { MessageCounts } from '../communication/message-meter.ts'
import type { ConsensusUtterance } from '../consensus/consensus-talk.ts'
import type { LeaderState } from '../consensus-engine/elections/election-record.ts'
import type { ProposalRecord } from '../consensus-engine/proposals/proposal-record.ts'
import type { CastBallotRequest, ProposeRequest } from '../consensus-engine/proposals/proposal-requests.ts'
import type { AgentRecord, AgentSpec, AgentTransport } from '../model/agent-record.ts'
import type { Assignment, HeldTask } from '../model/assignment.ts'
import type { PublicKey, Signature } from '../model/hex.ts'
import type {
  AgentId,
  FencingToken,
  JsonText,
  NodeId,
  ProposalId,
  SessionId,
  SwarmEpoch,
  TaskId,
} from '../model/ids.ts'
import type { InboxRecord, SendReply, SendRequest } from '../model/message.ts'
import type { SwarmRecord } from '../model/swarm-record.ts'
import type { TaskFailure, TaskRecord, TaskSpec } from '../model/task-record.ts'
import type { MonitorReport } from '../resources/monitor-report.ts'
import type { TopologyView } from '../topology/topology-view.ts'

export interface NewTask {
  /** Made by the node that received the request, so that a repeated call cannot submit twice. */
  readonly taskId: TaskId
  readonly spec: TaskSpec
  readonly payload: JsonText
}

export interface SubmitRequest {
  /** 1 to 500; all are accepted, or none. */
  readonly tasks: readonly NewTask[]
  readonly idempotency?: { readonly key: string; readonly fingerprint: string }
}

export interface SubmitReply {
  readonly tasks: readonly TaskRecord[]
  /** True where an earlier request with the same Idempotency-Key had made the tasks. */
  readonly isReplay: boolean
}

export interface CancelRequest {
  readonly taskId: TaskId
  readonly reason: string
}

export interface RetryRequest {
  readonly taskId: TaskId
  /** The id of the new task. */
  readonly newTaskId: TaskId
}

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

export interface AttachRequest {
  readonly agentId: AgentId
  /** As in {@link ClaimRequest}. */
  readonly tokenHash?: string
  readonly nodeId: NodeId
  readonly sessionId: SessionId
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

/** An agent's word about a task it holds. */
export interface TaskReport {
  readonly agentId: AgentId
  readonly taskId: TaskId
  readonly fencingToken: FencingToken
  /** Of the channel it came over; left out over HTTP. */
  readonly sessionId?: SessionId
}

export interface ProgressReport extends TaskReport {
  readonly ratio?: number
  readonly message?: string
  /** Say that a person's input or credentials are waited for, or that work goes on. */
  readonly status?: 'working' | 'input_required' | 'auth_required'
}

export interface CompleteReport extends TaskReport {
  readonly result: JsonText
}

export interface FailReport extends TaskReport {
  readonly failure: TaskFailure
  /** `retry`: another attempt may help. `fail`: none will. `reject`: this task should never have been asked for. */
  readonly kind: 'retry' | 'fail' | 'reject'
}

export interface ReleaseReport extends TaskReport {
  readonly reason: string
}

export type SwarmPatch = Partial<
  Pick<SwarmRecord, 'description' | 'strategy' | 'topology' | 'leaseMs' | 'limits'>
>

export interface UpdateSwarmRequest extends SwarmPatch {
  /** Refuse with `version_conflict` where the record has another version. */
  readonly expectedVersion?: number
}

/** A message of an agent, or of a client where `from` is left out. */
export interface SendMessageRequest extends SendRequest {
  /** Of the channel it came over; left out over HTTP. */
  readonly sessionId?: SessionId | undefined
}

export interface AcknowledgeRequest {
  readonly agentId: AgentId
  readonly sessionId?: SessionId
  /** 1 to 500. */
  readonly messageIds: readonly string[]
}

export interface StopWorkRequest {
  readonly agentId: AgentId
  readonly sessionId: SessionId
}

export interface SubscribeTopicsRequest {
  readonly agentId: AgentId
  readonly sessionId: SessionId
  /** All the topics it wants from now on. */
  readonly topics: readonly string[]
}

export interface InboxRequest {
  readonly agentId: AgentId
  /** The position of the last message seen, or 0. */
  readonly after: number
  /** 1 to 100. */
  readonly countMax: number
}

/** A word of an agent in an election or on a proposal. */
export interface ConsensusRequest {
  readonly agentId: AgentId
  readonly sessionId: SessionId
  readonly utterance: ConsensusUtterance
}

export interface CancelProposalRequest {
  readonly proposalId: ProposalId
  readonly reason: string
}

export interface StartElectionRequest {
  /** The voter the leader is to hand over to. */
  readonly transferTo?: AgentId
}

export interface SwarmStatus {
  readonly coordinatorId: NodeId
  readonly epoch: SwarmEpoch
}

/**
 * Everything that changes one swarm. It runs on the swarm's coordinating node; on the other nodes the same
 * interface forwards each call. Arguments and answers are plain JSON data for that reason.
 *
 * Every method may throw `store_unavailable`, `coordinator_unavailable` and `draining`; the call may then have
 * happened, and repeating it is safe. Methods that take a `fencingToken` throw `lease_lost` for a stale one, and
 * methods that take a `sessionId` throw `session_superseded` where a newer connection took over, and `session_unknown`
 * where the swarm knows none: its node was given up for lost, or the coordinatorship is a new one.
 */
export interface SwarmService {
  /** @throws `limit_exceeded`, `dependency_not_found`, `parent_not_open`, `deadline_passed`, `idempotency_key_reused`, `idempotency_in_flight` */
  submit(request: SubmitRequest): Promise<SubmitReply>
  /** Cancels the task and all its descendants. @throws `task_not_found`, `task_finished` */
  cancel(request: CancelRequest): Promise<TaskRecord>
  /** Submits a finished task again as a new one. @throws `task_not_found`, `task_not_finished` */
  retry(request: RetryRequest): Promise<TaskRecord>

  /** @throws `agent_exists`, `agent_removed`, `limit_exceeded`, `key_refused` */
  registerAgent(request: RegisterRequest): Promise<AgentRecord>
  /** @throws `agent_not_found`, `version_conflict`, `drain_ordered`, `agent_draining` for one that leaves */
  patchAgent(request: PatchAgentRequest): Promise<AgentRecord>
  /** Drains the agent and removes it once it holds nothing. @throws `agent_not_found` */
  deregisterAgent(request: { readonly agentId: AgentId }): Promise<AgentRecord>
  /** The agent's channel is open. The newest attach of an agent wins. @throws `agent_not_found`, `unauthorized` */
  attach(request: AttachRequest): Promise<AttachReply>
  detach(request: DetachRequest): Promise<null>
  /** Renews the leases of the tasks named. @throws `agent_not_found` */
  heartbeat(request: HeartbeatRequest): Promise<HeartbeatReply>
  /** Pulls work over HTTP. @throws `agent_not_found`, `unauthorized`, `agent_draining`, `agent_on_channel` */
  claim(request: ClaimRequest): Promise<readonly Assignment[]>
  /** To be called for each answer to a claim, and where the connection of a claim closed. */
  settleClaim(receipt: ClaimReceipt): Promise<null>

  accept(report: TaskReport): Promise<null>
  progress(report: ProgressReport): Promise<null>
  /** Repeating a completion with the token that completed the task answers as the first time did. */
  complete(report: CompleteReport): Promise<TaskRecord>
  fail(report: FailReport): Promise<TaskRecord>
  /** Gives the task back without using up an attempt. */
  release(report: ReleaseReport): Promise<TaskRecord>

  /** @throws `agent_not_found`, `recipient_unavailable`, `no_route`, `backpressure`, `limit_exceeded`, `idempotency_key_reused` */
  sendMessage(request: SendMessageRequest): Promise<SendReply>
  /** Takes durable messages out of the inbox. Unknown ones are ignored. @returns how many were there */
  acknowledgeMessages(request: AcknowledgeRequest): Promise<number>
  /** What waits in an agent's inbox, oldest first. @throws `agent_not_found` */
  inbox(request: InboxRequest): Promise<readonly InboxRecord[]>
  /** Gives the agent no new task over this connection. @throws `agent_not_found`, `session_superseded`, `session_unknown` */
  stopWork(request: StopWorkRequest): Promise<null>
  /** In place of the topics of before; to be said anew after each attach. @throws `limit_exceeded` */
  subscribeTopics(request: SubscribeTopicsRequest): Promise<null>
  topology(): Promise<TopologyView>
  messaging(): Promise<Readonly<Record<string, MessageCounts>>>

  /** @throws `agent_not_found`, `proposal_unsound`, `electorate_unsound`, `proposal_exists`, `limit_exceeded` */
  propose(request: ProposeRequest): Promise<ProposalRecord>
  /** @throws `proposal_not_found`, `proposal_closed`, `not_a_voter`, `ballot_refused` */
  castBallot(request: CastBallotRequest): Promise<ProposalRecord>
  /** What the ballots have decided by then stays decided. @throws `proposal_not_found`, `proposal_closed` */
  cancelProposal(request: CancelProposalRequest): Promise<ProposalRecord>
  /** @throws `not_a_voter`, `ballot_refused` */
  consensus(request: ConsensusRequest): Promise<null>
  leader(): Promise<LeaderState>
  /** @throws `not_a_voter`, `no_leader` */
  startElection(request: StartElectionRequest): Promise<LeaderState>
  /** What became of voters' words, by fate, since this node coordinates the swarm. */
  consensusCounts(): Promise<Readonly<Record<string, number>>>

  /** @throws `version_conflict` */
  updateSwarm(request: UpdateSwarmRequest): Promise<SwarmRecord>
  /** Removes all the swarm holds. @throws `swarm_not_empty` unless `force`, which cancels what is open. */
  deleteSwarm(request: { readonly force: boolean }): Promise<null>
  monitor(): Promise<MonitorReport>
  status(): Promise<SwarmStatus>
}

export const SWARM_METHODS = [
  'submit',
  'cancel',
  'retry',
  'registerAgent',
  'patchAgent',
  'deregisterAgent',
  'attach',
  'detach',
  'heartbeat',
  'claim',
  'settleClaim',
  'accept',
  'progress',
  'complete',
  'fail',
  'release',
  'sendMessage',
  'acknowledgeMessages',
  'inbox',
  'stopWork',
  'subscribeTopics',
  'topology',
  'messaging',
  'propose',
  'castBallot',
  'cancelProposal',
  'consensus',
  'leader',
  'startElection',
  'consensusCounts',
  'updateSwarm',
  'deleteSwarm',
  'monitor',
  'status',
] as const satisfies readonly (keyof SwarmService)[]
