import type { SwarmEvent } from '../model/events.ts'
import type { SequenceRange } from '../ports/swarm-store.ts'

/**
 * Derives what it knows from the event log, on the coordinating node.
 *
 * It is told events after they are committed, and cannot fail the step that wrote them: an error is logged and counted,
 * and costs this projection the event that it was reading.
 */
export interface Projection {
  /** Names it in logs and metrics: lower-case letters, digits and `_`. */
  readonly name: string
  /** The next events of the log, in order; each event comes once. Must not wait. */
  read(events: readonly SwarmEvent[]): void
  /** These events will not come: they are damaged, or left the log before they were read. */
  missed?(range: SequenceRange): void
  /**
   * Called when the parts of the swarm are rebuilt and events may come already, for a projection that reads what was
   * written before. Nobody waits for it; it must not reject.
   */
  catchUp?(): Promise<void>
}
