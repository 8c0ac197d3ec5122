import { type SwarmJournal, unchanged } from '../../kernel/swarm-journal.ts'
import {
  CONTROL_RECORDS,
  type ControlRecord,
  type ControlTarget,
  controlId,
  controlRecordId,
} from '../../model/control-record.ts'
import { SwarmError } from '../../model/errors.ts'
import type { ControlEvents } from '../../model/events/control-events.ts'
import { type DataOf, type EventDraft, eventDraft } from '../../model/events.ts'
import type { EpochMs, SwarmId } from '../../model/ids.ts'
import type { Clock } from '../../ports/clock.ts'
import { put, type RecordKey, remove } from '../../ports/records.ts'
import type { PriorityScheduler } from '../priority-scheduler.ts'
import type { ControlService, PauseRequest, SetControlRequest } from './control-service.ts'
import type { Controls } from './controls.ts'

export interface ControlDeskOptions {
  readonly swarmId: SwarmId
  /** Controls of one swarm. */
  readonly controlsMax: number
}

export interface ControlDeskModules {
  readonly journal: SwarmJournal
  readonly clock: Clock
  readonly controls: Controls
  readonly scheduler: PriorityScheduler
  /** Other tasks may start now than before. */
  onOpen(): void
}

/** Changes what is limited and paused: first in the records, then in memory. */
export class ControlDesk implements ControlService {
  readonly #options: ControlDeskOptions
  readonly #modules: ControlDeskModules

  constructor(options: ControlDeskOptions, modules: ControlDeskModules) {
    this.#options = options
    this.#modules = modules
  }

  async list(): Promise<readonly ControlRecord[]> {
    return this.#modules.controls.all()
  }

  set({ target, concurrencyMax, rate }: SetControlRequest): Promise<ControlRecord> {
    return this.#change(target, (before, now) => ({
      target,
      ...(concurrencyMax === undefined ? {} : { concurrencyMax }),
      ...(rate === undefined ? {} : { rate }),
      ...(before?.pause === undefined ? {} : { pause: before.pause }),
      updatedAt: now,
    }))
  }

  pause({ target, reason }: PauseRequest): Promise<ControlRecord> {
    return this.#change(target, (before, now) => ({
      ...(before ?? { target }),
      // Asked for again, it has been paused since the first time.
      pause: { since: before?.pause?.since ?? now, reason },
      updatedAt: now,
    }))
  }

  resume({ target }: { readonly target: ControlTarget }): Promise<ControlRecord> {
    return this.#change(target, (before, now) => {
      if (before?.pause === undefined)
        throw new SwarmError('control_not_found', { target: controlId(target) })
      const { pause: _, ...rest } = before
      return { ...rest, updatedAt: now }
    })
  }

  async remove({ target }: { readonly target: ControlTarget }): Promise<null> {
    const { journal, controls, clock } = this.#modules
    const id = controlId(target)
    await journal.transact([keyOf(id)], ([stored]) => {
      if (stored === undefined) throw new SwarmError('control_not_found', { target: id })
      const event = this.#event('control.removed', clock.now(), { target: id })
      return { ...unchanged(null), writes: [remove(CONTROL_RECORDS, controlRecordId(id))], events: [event] }
    })
    controls.delete(id)
    this.#applied()
    return null
  }

  async #change(
    target: ControlTarget,
    change: (before: ControlRecord | undefined, now: EpochMs) => ControlRecord,
  ): Promise<ControlRecord> {
    const { journal, controls, clock } = this.#modules
    const id = controlId(target)
    this.#refuseTooMany(id)
    const record = await journal.transact([keyOf(id)], ([stored]) => {
      const now = clock.now()
      const next = change(stored?.value, now)
      const { concurrencyMax, rate, pause } = next
      const event = this.#event('control.updated', now, {
        target: id,
        ...(concurrencyMax === undefined ? {} : { concurrencyMax }),
        ...(rate === undefined ? {} : { rate }),
        isPaused: pause !== undefined,
        ...(pause === undefined ? {} : { reason: pause.reason }),
      })
      // A target that is neither limited nor paused has no control.
      const write = isIdle(next)
        ? remove(CONTROL_RECORDS, controlRecordId(id))
        : put(CONTROL_RECORDS, controlRecordId(id), next)
      return { writes: [write], events: [event], ready: [], result: next }
    })
    if (isIdle(record)) controls.delete(id)
    else controls.set(record)
    this.#applied()
    return record
  }

  #applied(): void {
    this.#modules.scheduler.regroup()
    this.#modules.onOpen()
  }

  #refuseTooMany(id: string): void {
    const { controls } = this.#modules
    const { controlsMax: limit } = this.#options
    if (!controls.has(id) && controls.size >= limit)
      throw new SwarmError('limit_exceeded', { limitName: 'controlsMax', limit, actual: controls.size + 1 })
  }

  #event<N extends keyof ControlEvents>(type: N, now: EpochMs, data: DataOf<N>): EventDraft {
    return eventDraft(type, this.#options.swarmId, now, data)
  }
}

function isIdle({ concurrencyMax, rate, pause }: ControlRecord): boolean {
  return concurrencyMax === undefined && rate === undefined && pause === undefined
}

function keyOf(id: string): RecordKey<ControlRecord> {
  return { kind: CONTROL_RECORDS, id: controlRecordId(id) }
}
