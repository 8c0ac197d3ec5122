import type { RecordKey } from '#domain/ports/records.ts'
import type { Committed, StepRequest } from '#domain/ports/swarm-store.ts'
import { HONEST, type Variant } from '#simulation/variant.ts'

/** Writes the record in one step and its event in another, right after it. */
export const EVENT_BESIDE_RECORD: Variant = {
  ...HONEST,
  store: (store) => ({
    ...store,
    async transact<const Keys extends readonly RecordKey[], T>(
      request: StepRequest<Keys, T>,
    ): Promise<Committed<T>> {
      let drafts: ReturnType<typeof request.decide>['events'] = []
      const { result } = await store.transact({
        ...request,
        decide: (records) => {
          const step = request.decide(records)
          drafts = step.events
          return { ...step, events: [] }
        },
      })
      const { scope, epoch } = request
      const { events } = await store.transact({
        scope,
        ...(epoch === undefined ? {} : { epoch }),
        keys: [],
        decide: () => ({ writes: [], events: drafts, ready: [], result: null }),
      })
      return { result, events }
    },
  }),
}
