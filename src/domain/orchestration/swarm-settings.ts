import type { SwarmJournal } from '../kernel/swarm-journal.ts'
import { refuseOtherVersion, SwarmError } from '../model/errors.ts'
import { eventDraft } from '../model/events.ts'
import { patternSettings } from '../model/pattern-settings.ts'
import { SWARM_RECORDS, type SwarmRecord } from '../model/swarm-record.ts'
import type { Clock } from '../ports/clock.ts'
import { put } from '../ports/records.ts'
import type { UpdateSwarmRequest } from './swarm-service.ts'

export interface SwarmSettingsModules {
  readonly journal: SwarmJournal
  readonly clock: Clock
}

/** The swarm's own record, as its coordinating node reads it with every decision and changes it on request. */
export class SwarmSettings {
  readonly #modules: SwarmSettingsModules
  #record: SwarmRecord

  constructor(record: SwarmRecord, modules: SwarmSettingsModules) {
    this.#record = record
    this.#modules = modules
  }

  get record(): SwarmRecord {
    return this.#record
  }

  async update({ expectedVersion, patterns, ...others }: UpdateSwarmRequest): Promise<SwarmRecord> {
    const { journal, clock } = this.#modules
    const { swarmId } = this.#record
    this.#record = await journal.transact([{ kind: SWARM_RECORDS, id: swarmId }], ([stored]) => {
      if (stored === undefined) throw new SwarmError('swarm_not_found', { swarmId })
      refuseOtherVersion(expectedVersion, stored.version)
      const changes = {
        ...others,
        ...(patterns && { patterns: patternSettings(patterns, stored.value.patterns) }),
      }
      const record = { ...stored.value, ...changes }
      const event = eventDraft('swarm.updated', swarmId, clock.now(), changes)
      return { writes: [put(SWARM_RECORDS, swarmId, record)], events: [event], ready: [], result: record }
    })
    return this.#record
  }
}
