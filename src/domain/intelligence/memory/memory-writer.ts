import { type SwarmJournal, unchanged } from '../../kernel/swarm-journal.ts'
import { refuseOtherVersion, SwarmError } from '../../model/errors.ts'
import { eventDraft } from '../../model/events.ts'
import { type EpochMs, jsonText } from '../../model/ids.ts'
import { utf8Length } from '../../model/utf8-length.ts'
import type { Clock } from '../../ports/clock.ts'
import { put, type StoredRecord } from '../../ports/records.ts'
import { type CrdtState, crdtText, mergeCrdts } from './crdt/crdt.ts'
import { crdtExcess, crdtFault } from './crdt/crdt-fault.ts'
import {
  isRestricted,
  type MemoryCaller,
  NAMESPACE_RECORDS,
  type NamespaceRecord,
  type NamespaceSettings,
  requireAccess,
  settingsOf,
} from './memory-namespace.ts'
import type { MemoryOptions } from './memory-options.ts'
import type { MemoryRecord } from './memory-record.ts'
import { refuseKeys, refuseName, refuseType, stateOf } from './memory-refusals.ts'
import type {
  DeclareRequest,
  DeleteRequest,
  MemoryEntry,
  MemoryMerge,
  MemoryPut,
  MergeRequest,
  OperateRequest,
  PutRequest,
} from './memory-service.ts'
import { MemoryStep, provenanceOf, type Standing, stepKeys } from './memory-step.ts'
import { refuseVector } from './memory-vector.ts'
import { operationDelta } from './operation-delta.ts'

export interface MemoryWriterModules {
  readonly journal: SwarmJournal
  readonly clock: Clock
  /** Whether one more namespace may be made. @throws SwarmError `limit_exceeded` */
  readonly admitNamespace: () => void
  /** Told of a namespace as a step has left it. */
  readonly onNamespace: (record: NamespaceRecord) => void
  /** Waits until the tenant's share covers so many more bytes. @throws SwarmError `limit_exceeded` */
  readonly reserve: (bytes: number) => Promise<void>
}

interface Work<T> {
  readonly namespace: string
  readonly caller: MemoryCaller
  readonly keys: readonly string[]
  run(step: MemoryStep, standing: readonly (Standing | undefined)[], settings: NamespaceSettings): T
}

/** Writes the records of one swarm's memory, each request in one step. */
export class MemoryWriter {
  readonly #options: MemoryOptions
  readonly #modules: MemoryWriterModules

  constructor(options: MemoryOptions, modules: MemoryWriterModules) {
    this.#options = options
    this.#modules = modules
  }

  async put({ namespace, caller, puts }: PutRequest): Promise<readonly MemoryRecord[]> {
    await this.#modules.reserve(
      puts.reduce((sum, { key, value }) => sum + utf8Length(key) + utf8Length(value), 0),
    )
    return this.#step({
      namespace,
      caller,
      keys: puts.map(({ key }) => key),
      run: (step, standing) => puts.map((draft, at) => this.#put(step, standing[at], draft, caller)),
    })
  }

  async merge({ namespace, caller, merges }: MergeRequest): Promise<readonly MemoryEntry[]> {
    for (const { state } of merges) this.#refuseState(state)
    await this.#modules.reserve(merges.reduce((sum, { state }) => sum + utf8Length(crdtText(state)), 0))
    return this.#step({
      namespace,
      caller,
      keys: merges.map(({ key }) => key),
      run: (step, standing) => merges.map((draft, at) => this.#merge(step, standing[at], draft, caller)),
    })
  }

  async operate({ namespace, caller, key, operation, ...rest }: OperateRequest): Promise<MemoryEntry> {
    return this.#step({
      namespace,
      caller,
      keys: [key],
      run: (step, [standing]) => {
        const state = operationDelta(operation, stateOf(standing, namespace, key, operation.type), {
          now: step.now,
          // A coordinatorship is a replica of its own: the numbers of one that was lost with the store's tail are not reused.
          replica: `hub-${this.#modules.journal.epoch}`,
        })
        this.#refuseState(state)
        return this.#merge(step, standing, { key, state, ...rest }, caller)
      },
    })
  }

  delete({ namespace, caller, keys, expectedVersion }: DeleteRequest): Promise<number> {
    return this.#step({
      namespace,
      caller,
      keys,
      run: (step, standing) => {
        const found = standing.filter((record) => record !== undefined)
        if (expectedVersion !== undefined) refuseOtherVersion(expectedVersion, found[0]?.record.version ?? 0)
        for (const { record } of found) step.remove(record, 'memory.deleted', caller)
        return found.length
      },
    })
  }

  /** Removes those of the records that have expired. */
  async expire(namespace: string, keys: readonly string[]): Promise<void> {
    const after = await this.#modules.journal.transact(stepKeys(namespace, keys), (records) => {
      const [stored, ...pairs] = records as readonly (StoredRecord | undefined)[]
      const before = stored?.value as NamespaceRecord | undefined
      if (before === undefined) return unchanged(undefined)
      const step = this.#begin(before)
      for (const at of keys.keys()) step.standing(pairs[2 * at], pairs[2 * at + 1])
      step.end({ recordsMax: Infinity, bytesMax: Infinity }, before)
      return { writes: step.writes, events: step.events, ready: [], result: step.namespace }
    })
    if (after !== undefined) this.#modules.onNamespace(after)
  }

  async declare({ namespace, settings }: DeclareRequest): Promise<NamespaceRecord> {
    refuseName(namespace)
    const { journal, clock } = this.#modules
    const { memoryDefaults } = this.#options
    const key = { kind: NAMESPACE_RECORDS, id: namespace }
    const declared = await journal.transact([key] as const, ([stored]) => {
      const before = stored?.value
      if (before === undefined) this.#modules.admitNamespace()
      const next = { ...settingsOf(namespace, before, memoryDefaults), ...settings }
      for (const name of ['recordsMax', 'bytesMax'] as const) {
        if (next[name] > memoryDefaults[name])
          throw new SwarmError('limit_exceeded', {
            limitName: name,
            limit: memoryDefaults[name],
            actual: next[name],
          })
      }
      const record = { ...(before ?? emptyNamespace(namespace, clock.now())), settings: next }
      const data = { namespace, readers: next.readers, writers: next.writers }
      const event = eventDraft('memory.namespace_declared', namespace, clock.now(), data)
      return {
        writes: [put(NAMESPACE_RECORDS, namespace, record)],
        events: [event],
        ready: [],
        result: record,
      }
    })
    this.#modules.onNamespace(declared)
    return declared
  }

  async #step<T>({ namespace, caller, keys, run }: Work<T>): Promise<T> {
    refuseName(namespace)
    refuseKeys(keys)
    const { result, after } = await this.#modules.journal.transact(stepKeys(namespace, keys), (records) => {
      const [stored, ...pairs] = records as readonly (StoredRecord | undefined)[]
      const before = stored?.value as NamespaceRecord | undefined
      const settings = settingsOf(namespace, before, this.#options.memoryDefaults)
      requireAccess('write', namespace, settings, caller)
      if (before === undefined) this.#modules.admitNamespace()
      const step = this.#begin(before ?? emptyNamespace(namespace, this.#modules.clock.now()))
      const standing = keys.map((_, at) => step.standing(pairs[2 * at], pairs[2 * at + 1]))
      const result = run(step, standing, settings)
      step.end(settings, before)
      return {
        writes: step.writes,
        events: step.events,
        ready: [],
        result: { result, after: step.namespace },
      }
    })
    this.#modules.onNamespace(after)
    return result
  }

  #begin(namespace: NamespaceRecord): MemoryStep {
    const now = this.#modules.clock.now()
    return new MemoryStep(namespace, {
      now,
      options: this.#options,
      isRestricted: isRestricted(namespace.name, namespace.settings),
    })
  }

  #put(
    step: MemoryStep,
    standing: Standing | undefined,
    draft: MemoryPut,
    caller: MemoryCaller,
  ): MemoryRecord {
    const { key, value, tags = [], ttlMs, sequence, embedding, expectedVersion } = draft
    refuseOtherVersion(expectedVersion, standing?.record.version ?? 0)
    if (standing !== undefined)
      refuseType(standing.record.type, { namespace: step.namespace.name, key, expected: 'value' })
    if (embedding !== undefined) fitDimensions(step, embedding)
    return step.write(standing, {
      key,
      content: value,
      embedding,
      fields: {
        type: 'value',
        tags,
        provenance: provenanceOf(caller, draft),
        ...(ttlMs === undefined ? {} : { expiresAt: (step.now + ttlMs) as EpochMs }),
        ...(sequence === undefined
          ? {}
          : {
              sequence: {
                name: sequence.name,
                position: sequence.position ?? positionOf(step, standing, sequence.name),
              },
            }),
      },
    })
  }

  #merge(
    step: MemoryStep,
    standing: Standing | undefined,
    draft: MemoryMerge,
    caller: MemoryCaller,
  ): MemoryEntry {
    const { key, state, tags } = draft
    const known = stateOf(standing, step.namespace.name, key, state.type)
    const merged = mergeCrdts(known, state)
    const excess = crdtExcess(merged, this.#options)
    if (excess !== undefined) throw new SwarmError('limit_exceeded', excess)
    const content = jsonText(crdtText(merged))
    const bytes = utf8Length(content)
    const { memoryStateBytesMax } = this.#options
    if (bytes > memoryStateBytesMax)
      throw new SwarmError('limit_exceeded', {
        limitName: 'memoryStateBytesMax',
        limit: memoryStateBytesMax,
        actual: bytes,
      })
    // What was merged before changes nothing: no version, no event.
    if (standing !== undefined && content === standing.content) return standing
    const fields = {
      type: state.type,
      tags: tags ?? standing?.record.tags ?? [],
      provenance: provenanceOf(caller, draft),
    }
    return { record: step.write(standing, { key, content, embedding: undefined, fields }), content }
  }

  #refuseState(state: CrdtState): void {
    const fault = crdtFault(state, this.#options)
    if (fault !== undefined) throw new SwarmError('memory_invalid', { reason: fault })
    const ahead = state.type === 'lww' ? state.stamp[0] - this.#modules.clock.now() : 0
    const { memoryClockAheadMsMax } = this.#options
    if (ahead > memoryClockAheadMsMax)
      throw new SwarmError('memory_invalid', {
        reason: `the stamp is ${ahead} ms ahead of the server's clock`,
      })
  }
}

function emptyNamespace(name: string, now: EpochMs): NamespaceRecord {
  return { format: 1, name, createdAt: now, recordCount: 0, byteCount: 0, versionFloor: 0, positionCount: 0 }
}

/** A record keeps its place in a sequence for as long as it names the same one. */
function positionOf(step: MemoryStep, standing: Standing | undefined, name: string): number {
  const sequence = standing?.record.sequence
  return sequence?.name === name ? sequence.position : step.nextPosition()
}

/** The first embedding of a namespace says how long all of them are. */
function fitDimensions(step: MemoryStep, embedding: readonly number[]): void {
  const { dimensions } = step.namespace
  refuseVector(embedding)
  if (dimensions === undefined) step.setDimensions(embedding.length)
  else if (dimensions !== embedding.length)
    throw new SwarmError('memory_invalid', {
      reason: `the embedding has ${embedding.length} numbers, those of the namespace have ${dimensions}`,
    })
}
