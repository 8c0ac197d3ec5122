import type { Static } from '@sinclair/typebox'
import type { AgentRegister, Capability } from './agent.ts'
import type { ProposalCreate } from './consensus/proposal.ts'
import type { RoundOpen } from './learning-models.ts'
import type { TaskSubmit } from './task.ts'

// The documentation of the schemas does not reach an editor: types that are computed from them carry no comments. So the
// inputs that people write by hand are spelled out, with the types of the schemas.

/** A task as a client may write it: only `type` is needed. */
export interface TaskSubmitInput {
  /** The kind of work; agents choose a handler by it. */
  type: TaskSubmit['type']
  /** Capabilities that an agent must have, all of them. At most 16; default none. */
  capabilities?: TaskSubmit['capabilities']
  /** What the agent gets. Any JSON, at most 128 KiB as text. Default null. */
  payload?: TaskSubmit['payload']
  /** 1 (most urgent) to 5; default 3. */
  priority?: TaskSubmit['priority']
  /** RFC 3339 time. A task that is not finished by then fails with `deadline_exceeded`. */
  deadline?: TaskSubmit['deadline']
  /** How long after the submit the task may start at the earliest, in milliseconds, up to 30 days; default 0. */
  delayMs?: TaskSubmit['delayMs']
  /** Attempts before the task is a dead letter, 1 to 100; the server's `AMOS_MAX_ATTEMPTS` (3) by default. */
  maxAttempts?: TaskSubmit['maxAttempts']
  /** How long one attempt may take, in milliseconds, 100 to 7 days; default 10 minutes. Nothing extends it. */
  timeoutMs?: TaskSubmit['timeoutMs']
  /** The wait before attempt n + 1: up to min(`maxMs`, `baseMs` · `factor`^(n − 1)), in milliseconds. */
  backoff?: TaskSubmit['backoff']
  /** Ids of tasks that must be completed before this one may start. At most 1 000; default none. */
  dependsOn?: TaskSubmit['dependsOn']
  /** Amounts of named resources that the task uses, for instance `{ gpu: 1 }`. */
  resources?: TaskSubmit['resources']
  /** Tasks with the same key go to the same agent where they can. */
  affinityKey?: TaskSubmit['affinityKey']
  /** Records of the memory that the task needs, for the agent to read. At most 32. */
  memoryRefs?: TaskSubmit['memoryRefs']
  /** The task that this one is a part of: cancelling the parent cancels it too. */
  parentTaskId?: TaskSubmit['parentTaskId']
  /** Notes that the swarm keeps and does not read, by name. At most 32. */
  metadata?: TaskSubmit['metadata']
  /** Names and values that lists of tasks can be filtered by. At most 32. */
  labels?: TaskSubmit['labels']
  /** Whose share of the swarm the task counts for, such as a customer. Limits, rates and budgets can be set for it. */
  fairnessKey?: TaskSubmit['fairnessKey']
  /** Share of the key relative to other keys, 0.001 to 1 000; default 1. */
  fairnessWeight?: TaskSubmit['fairnessWeight']
  /** Where something that it depends on does not complete: `fail` (default), `skip` (it is canceled) or `run`. */
  onDependencyFailure?: TaskSubmit['onDependencyFailure']
  /** What an attempt reserves from budgets before it starts: `tokens`, `money` and `seconds`. */
  cost?: TaskSubmit['cost']
}

/** An agent as it may be registered: everything has a default. */
export interface AgentRegisterInput {
  /** Lower-case letters, digits and hyphens, at most 63. The server chooses one where it is left out. */
  agentId?: AgentRegister['agentId']
  /** A name for people; default empty. */
  name?: AgentRegister['name']
  /** What the agent can do: names, with `proficiency` (0 to 1, default 1) and `cost` of a task (default 0). At most 128. */
  capabilities?: (Pick<Static<typeof Capability>, 'name'> & Partial<Static<typeof Capability>>)[]
  /** Tasks that the agent does at the same time, 1 to 1 000; default 1. */
  slots?: AgentRegister['slots']
  /** Amounts of named resources that the agent has for tasks, for instance `{ gpu: 2 }`. */
  resources?: AgentRegister['resources']
  /** Names and values to find the agent by, for instance `{ team: 'blue' }`. */
  labels?: AgentRegister['labels']
  /** A key that the agent votes with, and the proof that it holds the key. The server holds a key where it is left out. */
  voterKey?: AgentRegister['voterKey']
  /** Whether an agent of the same id is replaced; default true. Otherwise the answer is `agent_exists`. */
  replace?: AgentRegister['replace']
  /** Whether an agent that was removed is refused with `agent_removed` instead of registered anew; default false. */
  isReturning?: AgentRegister['isReturning']
}

/** A proposal as a client may write it: only `title` is needed. */
export interface ProposalInput {
  /** The question, at most 1 000 bytes. */
  title: ProposalCreate['title']
  /** The same id and request again is the same proposal. The server chooses one where it is left out. */
  proposalId?: ProposalCreate['proposalId']
  /** What is judged. Any JSON, at most 128 KiB as text. Default null. */
  payload?: ProposalCreate['payload']
  /** `approval`: approve or reject. `choice`: one of `options`. Default `approval`. */
  mode?: ProposalCreate['mode']
  /** 2 to 16 options of a `choice`. */
  options?: ProposalCreate['options']
  /** The share of the whole weight that wins; default 2/3. */
  threshold?: ProposalCreate['threshold']
  /** How long the voters have, in milliseconds, up to 30 days; default 60 000. */
  deadlineMs?: ProposalCreate['deadlineMs']
  /** Who may vote; default all agents that are connected. At most 50 voters. */
  electorate?: ProposalCreate['electorate']
  /** The weight of an agent's vote, by agent id; default 1. */
  weights?: ProposalCreate['weights']
  /** The agent that proposes first; a matter of speed, not of outcome. */
  firstProposer?: ProposalCreate['firstProposer']
  /** The agent in whose name the proposal is made; left out by clients. */
  proposedBy?: ProposalCreate['proposedBy']
}

export interface TaskBatchSubmitInput {
  tasks: TaskSubmitInput[]
}

/** A learning round to open, as a client writes it: what has a default may be left out. */
export interface RoundOpenInput
  extends Omit<RoundOpen, 'clientsMin' | 'clientFraction' | 'parameters'>,
    Partial<Pick<RoundOpen, 'clientsMin' | 'clientFraction' | 'parameters'>> {}
