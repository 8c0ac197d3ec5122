import { ASSIGNMENT_PROGRAM } from '#domain/distribution/auction/assignment-program.ts'
import { AGGREGATION } from '#domain/intelligence/learning/aggregation/aggregation-program.ts'
import { MEMORY_INDEX } from '#domain/intelligence/memory/search/index-program.ts'
import type { WorkerMethods, WorkerProgram } from '#domain/ports/workers.ts'

type AnyProgram = WorkerProgram<never, WorkerMethods>

/** Every program that a thread can run. A part adds its own here. */
const PROGRAMS: readonly AnyProgram[] = [AGGREGATION, MEMORY_INDEX, ASSIGNMENT_PROGRAM]

export function findProgram(name: string): AnyProgram {
  const program = PROGRAMS.find((candidate) => candidate.name === name)
  if (program === undefined) throw new Error(`no worker program is called ${name}`)
  return program
}
