import type { AgentEvents } from './events/agent-events.ts'
import type { ConsensusEvents } from './events/consensus-events.ts'
import type { ControlEvents } from './events/control-events.ts'
import type { GroupEvents } from './events/group-events.ts'
import type { LearningEvents } from './events/learning-events.ts'
import type { MemoryEvents } from './events/memory-events.ts'
import type { PatternEvents } from './events/pattern-events.ts'
import type { ScheduleEvents } from './events/schedule-events.ts'
import type { SwarmEvents } from './events/swarm-events.ts'
import type { TaskEvents } from './events/task-events.ts'
import type { TrailEvents } from './events/trail-events.ts'
import type { EpochMs, SwarmEpoch } from './ids.ts'

/**
 * Every type of event and what it carries: plain JSON data, all that a projection needs to know. The schemas of the wire
 * (`src/contract/event.ts`) are compared with it by the compiler.
 */
export interface EventData
  extends TaskEvents,
    AgentEvents,
    ConsensusEvents,
    MemoryEvents,
    ControlEvents,
    PatternEvents,
    TrailEvents,
    GroupEvents,
    LearningEvents,
    ScheduleEvents,
    SwarmEvents {}

/** Without the `amos.` that the wire puts before it, for instance `task.completed`. */
export type EventName = keyof EventData

/** What one type of event carries. */
export type DataOf<N extends EventName> = { [K in keyof EventData[N]]: EventData[N][K] }

interface Draft<N extends EventName> {
  readonly type: N
  /** The id of the task, agent, swarm … it is about. */
  readonly subject: string
  readonly time: EpochMs
  readonly data: DataOf<N>
}

interface Logged {
  /** Contiguous within one epoch of the swarm, and strictly increasing over all. */
  readonly sequence: number
  /** The coordinatorship that wrote it. (epoch, sequence) never names two events, whatever was lost. */
  readonly epoch: SwarmEpoch
}

/** What a step adds to the event log; the store numbers it. To be narrowed by its `type`. */
export type EventDraft<N extends EventName = EventName> = { readonly [K in N]: Draft<K> }[N]

/** An event of the log. A node of a later version may have written a type that is not known here. */
export type SwarmEvent<N extends EventName = EventName> = { readonly [K in N]: Draft<K> & Logged }[N]

export function eventDraft<N extends EventName>(
  type: N,
  subject: string,
  time: EpochMs,
  data: DataOf<N>,
): EventDraft {
  // As long as `N` is open the compiler does not see which member of the union this is.
  return { type, subject, time, data } as Draft<N> as EventDraft
}

/** Narrows an event to some types. */
export function isOneOf<E extends { readonly type: string }, N extends EventName>(
  event: E,
  names: readonly N[],
): event is Extract<E, { readonly type: N }> {
  return (names as readonly string[]).includes(event.type)
}

/** Narrows an event to the types that begin with an area, for instance `task`. */
export function isOfArea<E extends { readonly type: string }, A extends string>(
  event: E,
  area: A,
): event is Extract<E, { readonly type: `${A}.${string}` }> {
  return event.type.startsWith(`${area}.`)
}
