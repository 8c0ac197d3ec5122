import type { Gap, SwarmEvent } from '#contract/index.ts'
import { type OpenFeed, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../eventually.ts'

export interface EventFollowerOptions {
  readonly urls: readonly string[]
  /** Default `0`: the beginning. */
  readonly since?: string
  /** The SDK's own choice by default. */
  readonly openFeed?: OpenFeed
}

/**
 * Reads the whole log as it is written, over any number of connections, and checks what every reader may rely on: each
 * event once, in order, and nothing missing without a gap that says so.
 */
export class EventFollower {
  readonly events: SwarmEvent[] = []
  readonly gaps: Gap[] = []
  readonly violations: string[] = []
  readonly #client: SwarmClient
  readonly #since: string
  readonly #closing = new AbortController()
  readonly #following: Promise<void>
  /** The highest number seen, as an event or in a gap. */
  #reached = 0
  #interruptions = 0
  /** Up to here numbers are said to be missing since the last event. */
  #missingTo = 0

  constructor({ urls, since = '0', openFeed }: EventFollowerOptions) {
    this.#client = new SwarmClient({ url: urls, ...(openFeed === undefined ? {} : { openFeed }) })
    this.#since = since
    this.#following = this.#follow()
  }

  get interruptions(): number {
    return this.#interruptions
  }

  get reached(): number {
    return this.#reached
  }

  /** Resolves once it has read all that was written before the call. */
  async catchUp(): Promise<void> {
    const { lastSequence } = await this.#client.readEvents({ pageSize: 1 })
    await eventually(() => this.#reached >= lastSequence, {
      timeoutMs: 30_000,
      what: () => `the follower to come from ${this.#reached} to ${lastSequence}`,
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#following
  }

  async #follow(): Promise<void> {
    try {
      const items = this.#client.events({
        since: this.#since,
        signal: this.#closing.signal,
        onInterruption: () => (this.#interruptions += 1),
      })
      for await (const item of items) {
        if (item.type === 'event') this.#take(item.event)
        else this.#note(item)
      }
    } catch (error) {
      this.violations.push(`the subscription ended: ${String(error)}`)
    }
  }

  #take(event: SwarmEvent): void {
    const { sequence } = event
    const before = this.events.at(-1)?.sequence ?? 0
    if (sequence <= before) this.violations.push(`event ${event.id} came after ${before}`)
    const expected = Math.max(before, this.#missingTo) + 1
    const isFirst = this.events.length === 0 && this.#since !== '0'
    if (sequence > expected && !isFirst)
      this.violations.push(`numbers ${expected} to ${sequence - 1} are missing, and no gap says so`)
    this.events.push(event)
    this.#missingTo = 0
    this.#reached = Math.max(this.#reached, sequence)
  }

  #note({ fromSequence, toSequence, reason }: Gap): void {
    const before = Math.max(this.events.at(-1)?.sequence ?? 0, this.#missingTo)
    if (fromSequence > before + 1)
      this.violations.push(`a gap begins at ${fromSequence}, but ${before + 1} is missing, too`)
    this.gaps.push({ fromSequence, toSequence, reason })
    this.#missingTo = Math.max(this.#missingTo, toSequence)
    this.#reached = Math.max(this.#reached, toSequence)
  }
}
