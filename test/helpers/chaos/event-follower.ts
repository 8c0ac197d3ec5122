import { type OpenFeed, SwarmClient } from '#sdk/index.ts'
import { eventually } from '../eventually.ts'
import { LogReading } from './log-reading.ts'

export interface EventFollowerOptions {
  readonly urls: readonly string[]
  /** The SDK's own choice by default. */
  readonly openFeed?: OpenFeed
}

/** Reads the whole log from its beginning, as it is written, over any number of connections. */
export class EventFollower {
  readonly reading = new LogReading()
  readonly #client: SwarmClient
  readonly #closing = new AbortController()
  readonly #following: Promise<void>
  #interruptions = 0

  constructor({ urls, openFeed }: EventFollowerOptions) {
    this.#client = new SwarmClient({ url: urls, ...(openFeed === undefined ? {} : { openFeed }) })
    this.#following = this.#follow()
  }

  /** How often the connection was lost. */
  get interruptions(): number {
    return this.#interruptions
  }

  /** Resolves once it has read all that was written before the call. */
  async catchUp(): Promise<void> {
    const { lastSequence } = await this.#client.readEvents({ pageSize: 1 })
    await eventually(() => this.reading.reached >= lastSequence, {
      timeoutMs: 60_000,
      what: () => `the follower to come from ${this.reading.reached} to ${lastSequence}`,
    })
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#following
  }

  async #follow(): Promise<void> {
    const items = this.#client.events({
      since: '0',
      signal: this.#closing.signal,
      onInterruption: () => (this.#interruptions += 1),
    })
    try {
      for await (const item of items) this.reading.take(item)
    } catch (error) {
      this.reading.violations.push(`the subscription ended: ${String(error)}`)
    }
  }
}
