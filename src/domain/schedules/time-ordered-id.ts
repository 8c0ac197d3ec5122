import { type EpochMs, type TaskId, taskId } from '../model/ids.ts'
import type { Random } from '../ports/random.ts'

/** A task's id in the form of a UUID of version 7, which sorts by the time it was made (RFC 9562 §5.7). */
export function timeOrderedId(now: EpochMs, random: Random): TaskId {
  const time = Math.max(0, Math.floor(now)).toString(16).padStart(12, '0')
  const hex = (digits: number): string =>
    Math.floor(random.next() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  const variant = (8 + Math.floor(random.next() * 4)).toString(16)
  return taskId(`${time.slice(0, 8)}-${time.slice(8)}-7${hex(3)}-${variant}${hex(3)}-${hex(12)}`)
}
