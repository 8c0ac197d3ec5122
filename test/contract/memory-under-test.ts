import type { MemoryCaller } from '#domain/intelligence/memory/memory-namespace.ts'
import { MEMORY_DEFAULTS, type MemoryOptions } from '#domain/intelligence/memory/memory-options.ts'
import { MemoryReader } from '#domain/intelligence/memory/memory-reader.ts'
import type { MemoryPut, SearchReply } from '#domain/intelligence/memory/memory-service.ts'
import { SwarmMemory } from '#domain/intelligence/memory/swarm-memory.ts'
import { InlineWorkers } from '#domain/kernel/inline-workers.ts'
import { LogFeed } from '#domain/kernel/log-feed.ts'
import { ProjectionErrors } from '#domain/kernel/projection-errors.ts'
import { Reminders } from '#domain/kernel/reminders.ts'
import { SwarmJournal } from '#domain/kernel/swarm-journal.ts'
import type { SwarmEvent } from '#domain/model/events.ts'
import { agentId, type JsonText, jsonText, type Scope } from '#domain/model/ids.ts'
import { MemoryLogger } from '#simulation/memory/memory-logger.ts'
import { claimed, freshScope, type InfraUnderTest } from './infra-under-test.ts'

export const ADA: MemoryCaller = { agentId: agentId('ada') }
export const NAMESPACE = 'findings'

/** The memory of one swarm over the adapters under test, as a coordinating node has it. */
export class MemoryUnderTest {
  readonly events: SwarmEvent[] = []
  readonly reader: MemoryReader
  readonly memory: SwarmMemory
  readonly scope: Scope
  readonly #t: InfraUnderTest
  readonly #reminders: Reminders

  private constructor(
    t: InfraUnderTest,
    scope: Scope,
    epoch: Awaited<ReturnType<typeof claimed>>,
    options: MemoryOptions,
    lastSequence: number,
  ) {
    const { store } = t.infra
    const { clock } = t
    this.#t = t
    this.scope = scope
    this.#reminders = new Reminders({ clock })
    const logger = new MemoryLogger()
    const feed = new LogFeed({
      errors: new ProjectionErrors({ logger }),
      readStored: (after, count) => store.readEvents(scope, after, count),
    })
    feed.startAfter(lastSequence)
    feed.add({
      name: 'under_test',
      read: (added) => {
        this.events.push(...added)
        this.memory.read(added)
      },
    })
    const events = {
      append: (added: readonly SwarmEvent[]) => feed.offer(added),
      catchUp: () => feed.catchUp(),
    }
    const modules = {
      store,
      clock,
      reminders: this.#reminders,
      logger,
      workers: new InlineWorkers(),
    }
    const journal = new SwarmJournal({ scope, epoch }, { ...modules, events, onFenced: () => undefined })
    this.memory = new SwarmMemory(options, { ...modules, journal })
    const { memoryDefaults: defaults, memoryVersionsMax: versionsMax } = options
    this.reader = new MemoryReader({ scope, defaults, versionsMax }, modules)
  }

  static async open(
    t: InfraUnderTest,
    options: Partial<MemoryOptions> = {},
    scope: Scope = freshScope('memory'),
  ): Promise<MemoryUnderTest> {
    const epoch = await claimed(t, scope)
    const { lastSequence } = await t.infra.store.readEvents(scope, 0, 1)
    const all = { ...MEMORY_DEFAULTS, ...options }
    const opened = new MemoryUnderTest(t, scope, epoch, all, lastSequence)
    await opened.memory.recover()
    return opened
  }

  /** A restart: the same records, and nothing else. */
  async again(options: Partial<MemoryOptions> = {}): Promise<MemoryUnderTest> {
    this.stop()
    await this.#t.reopen()
    return MemoryUnderTest.open(this.#t, options, this.scope)
  }

  stop(): void {
    this.memory.stop()
    this.#reminders.stop()
  }

  async put(key: string, value: unknown, more: Partial<MemoryPut> = {}): Promise<number> {
    const put = { key, value: jsonText(JSON.stringify(value)), ...more }
    const [record] = await this.memory.service.put({ namespace: NAMESPACE, caller: ADA, puts: [put] })
    return record!.version
  }

  async value(key: string): Promise<JsonText> {
    return (await this.reader.get(NAMESPACE, key, ADA)).content
  }

  async found(text: string): Promise<readonly string[]> {
    return (await this.search(text)).hits.map(({ record }) => record.key)
  }

  search(text: string): Promise<SearchReply> {
    const request = { caller: ADA, text, contextWeight: 0.5, countMax: 10, hasValues: false }
    return this.memory.service.search(request)
  }
}
