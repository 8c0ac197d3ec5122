interface Observed {
  /** Sequence number of the event in the log of the swarm. */
  readonly sequence: number
  /** Time of the event, in milliseconds; any origin, not decreasing. */
  readonly at: number
}

/** An agent was given a task, for the first time or again. */
export interface AssignedObservation extends Observed {
  readonly kind: 'assigned'
  readonly taskId: string
  readonly taskType: string
  readonly agentId: string
}

/** An agent's attempt at a task ended. */
export interface EndedObservation extends Observed {
  readonly kind: 'ended'
  readonly taskId: string
  readonly agentId: string
  /** `returned`: the task went back to the queue without a failure. */
  readonly outcome: 'completed' | 'failed' | 'returned'
}

/** An agent cannot go on with a task until others have done something; an empty list ends the wait. */
export interface WaitsObservation extends Observed {
  readonly kind: 'waits'
  readonly taskId: string
  readonly agentId: string
  readonly waitsFor: readonly string[]
}

export interface BallotObservation extends Observed {
  readonly kind: 'ballot'
  readonly proposalId: string
  readonly voter: string
  readonly choice: string
}

export interface ProposalClosedObservation extends Observed {
  readonly kind: 'proposal_closed'
  readonly proposalId: string
}

/** Two agents worked on the same piece of work. */
export interface WorkedTogetherObservation extends Observed {
  readonly kind: 'worked_together'
  readonly workId: string
  readonly agentIds: readonly [string, string]
}

/** An agent can be given work from now on, or no longer. */
export interface PresenceObservation extends Observed {
  readonly kind: 'presence'
  readonly agentId: string
  readonly isPresent: boolean
}

/** What the detectors read. The adapter `EventObserver` makes observations from events of the log. */
export type Observation =
  | AssignedObservation
  | EndedObservation
  | WaitsObservation
  | BallotObservation
  | ProposalClosedObservation
  | WorkedTogetherObservation
  | PresenceObservation
