import {
  type JsonText,
  type Scope,
  type SwarmEpoch,
  swarmId,
  swarmScope,
  tenantId,
} from '#domain/model/ids.ts'
import type { Clock } from '#domain/ports/clock.ts'
import type { RecordKey, RecordWrite } from '#domain/ports/records.ts'
import type { Committed, Step } from '#domain/ports/swarm-store.ts'
import type { Infra } from '#infra/infra.ts'

/** What a contract suite asks of the adapters it tests. */
export interface InfraUnderTest {
  /** Another object after {@link reopen}. */
  readonly infra: Infra
  /** The adapters' clock. */
  readonly clock: Clock
  /** Closes everything in good order and opens the same data again, as a restart does. */
  reopen(): Promise<void>
  /** Lets that much of the adapters' time go by. */
  pass(ms: number): Promise<void>
  teardown(): Promise<void>
}

export type SetupInfra = () => Promise<InfraUnderTest>

/** Unlike any scope of another call, so that adapters may share one server between tests. */
export function freshScope(name = 'swarm'): Scope {
  scopesMade += 1
  return swarmScope(tenantId('acme'), swarmId(`${name}-${process.pid}-${scopesMade}`))
}
let scopesMade = 0

export async function claimed(t: InfraUnderTest, scope: Scope, sequenceFloor = 0): Promise<SwarmEpoch> {
  const outcome = await t.infra.coordination.claim(scope, sequenceFloor)
  if (!outcome.isHeld) throw new Error(`somebody else coordinates ${scope}`)
  return outcome.epoch
}

/** A scope and the coordinatorship that writes it. */
export interface Swarm {
  readonly scope: Scope
  readonly epoch: SwarmEpoch
}

export async function openSwarm(t: InfraUnderTest, name?: string): Promise<Swarm> {
  const scope = freshScope(name)
  return { scope, epoch: await claimed(t, scope) }
}

/** A step that reads nothing and answers with nothing. */
export function write(
  t: InfraUnderTest,
  swarm: Swarm,
  step: Partial<Omit<Step<null>, 'result'>>,
): Promise<Committed<null>> {
  return t.infra.store.transact({
    ...swarm,
    keys: [],
    decide: () => ({ writes: [], events: [], ready: [], ...step, result: null }),
  })
}

/** Reads one number, 0 where there is none, and writes what `change` makes of it. */
export function updateNumber(
  t: InfraUnderTest,
  swarm: Swarm,
  key: RecordKey<JsonText>,
  change: (before: number) => { readonly writes: readonly RecordWrite[] },
): Promise<Committed<number>> {
  return t.infra.store.transact({
    ...swarm,
    keys: [key],
    decide: ([record]) => {
      const before = Number(record?.value ?? 0)
      return { ...change(before), events: [], ready: [], result: before }
    },
  })
}
