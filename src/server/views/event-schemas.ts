import type { Static } from '@sinclair/typebox'
import type { EVENT_DATA, SwarmEvent as EventView } from '#contract/event.ts'
import type { DataOf, EventName, SwarmEvent } from '#domain/model/events.ts'

type Schemas = typeof EVENT_DATA

type Frozen<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Frozen<Item>[]
    : { readonly [K in keyof T]: Frozen<T[K]> }

/** The schemas are closed: a member that they do not have is one too many. */
type Fits<Data, Schema, N> = Data extends Schema
  ? [Exclude<keyof Data, keyof Schema>] extends [never]
    ? never
    : string extends keyof Data
      ? never
      : N
  : N

/** Types of events that only the domain or only the contract knows, or whose data do not fit the schema. */
type Mismatched = {
  [N in EventName | keyof Schemas]: N extends EventName & keyof Schemas
    ? Fits<DataOf<N>, Frozen<Static<Schemas[N]>>, N>
    : N
}[EventName | keyof Schemas]

/**
 * What an event carries, as the contract calls it. The domain's catalogue (`model/events.ts`) and the schemas of the wire
 * (`contract/event.ts`) say the same; where they do not, `eventView` does not compile, and the error names the events.
 */
export function documentedData(
  data: SwarmEvent['data'],
): [Mismatched] extends [never] ? EventView['data'] : Mismatched {
  return data
}
