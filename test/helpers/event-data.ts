import type { SwarmEvent } from '#domain/model/events.ts'

/** One member of what an event carries, whatever its type. */
export function dataOf({ data }: Pick<SwarmEvent, 'data'>, name: string): unknown {
  return (data as Readonly<Record<string, unknown>>)[name]
}
