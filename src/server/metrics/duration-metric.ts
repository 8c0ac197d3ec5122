import type { Registry } from 'prom-client'
import type { DurationCounts } from '#domain/resources/monitor-report.ts'
import { DURATION_BOUNDS_MS } from '#domain/resources/task-type-usage.ts'

type Labels = Readonly<Record<string, string>>

interface Value {
  readonly metricName: string
  readonly labels: Readonly<Record<string, string | number>>
  readonly value: number
}

const SECOND_MS = 1_000

/** A histogram of prom-client whose counts come from elsewhere: its own only takes one duration after the other. */
export class DurationMetric {
  readonly name: string
  readonly help: string
  readonly type = 'histogram'
  readonly aggregator = 'sum'
  readonly #parts = new Map<string, { readonly labels: Labels; counts: DurationCounts }>()

  constructor(name: string, help: string, registry: Registry) {
    this.name = name
    this.help = help
    registry.registerMetric(this as never)
  }

  reset(): void {
    this.#parts.clear()
  }

  /** Durations under the same labels are counted together. */
  add(labels: Labels, counts: DurationCounts): void {
    const key = JSON.stringify(labels)
    const known = this.#parts.get(key)
    this.#parts.set(key, { labels, counts: known === undefined ? counts : sumOf(known.counts, counts) })
  }

  async get(): Promise<object> {
    const { name, help, type, aggregator } = this
    const values = [...this.#parts.values()].flatMap((part) => this.#valuesOf(part.labels, part.counts))
    return { name, help, type, aggregator, values }
  }

  #valuesOf(labels: Labels, { counts, count, sumMs }: DurationCounts): readonly Value[] {
    let below = 0
    const buckets = DURATION_BOUNDS_MS.map((bound, index) => {
      below += counts[index] ?? 0
      return this.#value('bucket', { ...labels, le: bound / SECOND_MS }, below)
    })
    return [
      ...buckets,
      this.#value('bucket', { ...labels, le: '+Inf' }, count),
      this.#value('sum', labels, sumMs / SECOND_MS),
      this.#value('count', labels, count),
    ]
  }

  #value(part: string, labels: Value['labels'], value: number): Value {
    return { metricName: `${this.name}_${part}`, labels, value }
  }
}

function sumOf(a: DurationCounts, b: DurationCounts): DurationCounts {
  return {
    counts: a.counts.map((count, index) => count + (b.counts[index] ?? 0)),
    count: a.count + b.count,
    sumMs: a.sumMs + b.sumMs,
  }
}
