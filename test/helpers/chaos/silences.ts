import type { SwarmEvent } from '#contract/index.ts'

/** A time without a completion, in milliseconds since the epoch. */
export interface Silence {
  readonly from: number
  readonly to: number
}

/** The times without a completed task that are longer than `longerThanMs`, between two moments. */
export function silencesIn(
  events: readonly SwarmEvent[],
  { from, to, longerThanMs }: Silence & { readonly longerThanMs: number },
): readonly Silence[] {
  const times = events
    .filter(({ type }) => type === 'amos.task.completed')
    .map(({ time }) => Date.parse(time))
    .filter((time) => time > from && time < to)
    .toSorted((a, b) => a - b)
  const moments = [from, ...times, to]
  return moments
    .slice(1)
    .map((time, index) => ({ from: moments[index] ?? from, to: time }))
    .filter((silence) => silence.to - silence.from > longerThanMs)
}

export function longestMs(silences: readonly Silence[]): number {
  return Math.max(0, ...silences.map(({ from, to }) => to - from))
}
