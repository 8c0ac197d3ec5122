import { AGENT_OPERATIONS } from './agent-operations.ts'
import { CONSENSUS_OPERATIONS } from './consensus-operations.ts'
import { CONTROL_OPERATIONS } from './control-operations.ts'
import { DISTRIBUTION_OPERATIONS } from './distribution-operations.ts'
import { GROUP_OPERATIONS } from './group-operations.ts'
import { LEARNING_OPERATIONS } from './learning-operations.ts'
import { MEMORY_OPERATIONS } from './memory-operations.ts'
import { MESSAGE_OPERATIONS } from './message-operations.ts'
import { MODEL_OPERATIONS } from './model-operations.ts'
import type { Operation } from './operation.ts'
import { PATTERN_OPERATIONS } from './pattern-operations.ts'
import { SCHEDULE_OPERATIONS } from './schedule-operations.ts'
import { SWARM_OPERATIONS } from './swarm-operations.ts'
import { SYSTEM_OPERATIONS } from './system-operations.ts'
import { TASK_OPERATIONS } from './task-operations.ts'
import { TRAIL_OPERATIONS } from './trail-operations.ts'

/** Every REST operation, in the order the documents show them. */
export const OPERATIONS: readonly Operation[] = [
  ...Object.values(SWARM_OPERATIONS),
  ...Object.values(AGENT_OPERATIONS),
  ...Object.values(TASK_OPERATIONS),
  ...Object.values(SCHEDULE_OPERATIONS),
  ...Object.values(CONTROL_OPERATIONS),
  ...Object.values(DISTRIBUTION_OPERATIONS),
  ...Object.values(MESSAGE_OPERATIONS),
  ...Object.values(CONSENSUS_OPERATIONS),
  ...Object.values(MEMORY_OPERATIONS),
  ...Object.values(TRAIL_OPERATIONS),
  ...Object.values(PATTERN_OPERATIONS),
  ...Object.values(LEARNING_OPERATIONS),
  ...Object.values(MODEL_OPERATIONS),
  ...Object.values(GROUP_OPERATIONS),
  ...Object.values(SYSTEM_OPERATIONS),
]
