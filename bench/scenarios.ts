import type { Scenario } from './harness/scenario.ts'
import { decisions, decisionsByzantine, decisionsDeadProposer } from './scenarios/decisions.ts'
import { distributionBatch, distributionOnline, distributionOnline70 } from './scenarios/distribution.ts'
import { distributionAssignment } from './scenarios/distribution-assignment.ts'
import { distributionStale } from './scenarios/distribution-stale.ts'
import { elections } from './scenarios/elections.ts'
import { eventFanOut } from './scenarios/event-fan-out.ts'
import { fairShares } from './scenarios/fair-shares.ts'
import { fanOut } from './scenarios/fan-out.ts'
import { idleAgents } from './scenarios/idle-agents.ts'
import { inProcess10, inProcess100, inProcess1000 } from './scenarios/in-process.ts'
import { intelligencePatternResponses, intelligencePatterns } from './scenarios/intelligence-patterns.ts'
import { relay } from './scenarios/relay.ts'
import { restart } from './scenarios/restart.ts'
import {
  taskLatency100,
  taskLatency100Synced,
  taskLatency1000,
  taskLatency1000Synced,
} from './scenarios/task-latency.ts'
import { taskSteps } from './scenarios/task-steps.ts'
import { taskThroughput, taskThroughputSynced } from './scenarios/task-throughput.ts'

/** In the order in which they run and are printed. */
export const SCENARIOS: readonly Scenario[] = [
  relay,
  fanOut,
  inProcess10,
  inProcess100,
  inProcess1000,
  eventFanOut,
  taskLatency100,
  taskLatency1000,
  taskThroughput,
  taskLatency100Synced,
  taskLatency1000Synced,
  taskThroughputSynced,
  taskSteps,
  decisions,
  decisionsDeadProposer,
  decisionsByzantine,
  elections,
  fairShares,
  idleAgents,
  restart,
  intelligencePatterns,
  intelligencePatternResponses,
  distributionBatch,
  distributionOnline,
  distributionOnline70,
  distributionStale,
  distributionAssignment,
]
