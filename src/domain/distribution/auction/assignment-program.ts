import type { WorkerProgram } from '../../ports/workers.ts'
import type { AssignmentProblem } from './assignment-problem.ts'
import type { AuctionLimits } from './epsilon-scaling-auction.ts'
import { type AssignmentSolution, solveAssignment } from './solve-assignment.ts'

type AssignmentMethods = {
  readonly solve: (problem: AssignmentProblem) => AssignmentSolution | undefined
}

/** Solves assignment problems off the event loop. */
export const ASSIGNMENT_PROGRAM: WorkerProgram<AuctionLimits, AssignmentMethods> = {
  name: 'assignment',
  start: (limits) => ({ solve: (problem) => solveAssignment(problem, limits) }),
}
