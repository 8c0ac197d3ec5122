import { assert } from './errors.ts'
import type { FencingToken, SwarmEpoch } from './ids.ts'

/** Assignments of one task within one epoch; a token has 20 bits for them and 33 for the epoch. */
const ASSIGNMENTS_MAX = 2 ** 20

/**
 * The token of a task's n-th assignment. It grows with n and with the epoch, so that an assignment which a lost
 * tail of the store forgot is not numbered again: the store is reopened under a higher epoch.
 *
 * After Kleppmann, "How to do distributed locking" (2016), and Burrows' sequencers (Chubby, OSDI 2006, §2.4).
 */
export function fencingToken(epoch: SwarmEpoch, assignmentCount: number): FencingToken {
  assert(assignmentCount < ASSIGNMENTS_MAX, `a task is assigned fewer than ${ASSIGNMENTS_MAX} times`)
  const token = epoch * ASSIGNMENTS_MAX + assignmentCount
  assert(Number.isSafeInteger(token), 'a fencing token is a safe integer')
  return token as FencingToken
}
