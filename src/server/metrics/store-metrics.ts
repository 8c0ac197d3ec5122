import { Counter, Gauge, type Registry } from 'prom-client'
import type { Durability, SwarmStore } from '#domain/ports/swarm-store.ts'

const DURABILITIES: readonly Durability[] = ['synced', 'committed', 'none']

/** Whether the store takes writes, and what they survive. Read at each scrape. */
export function observeStore(store: Pick<SwarmStore, 'status'>, registers: Registry[]): void {
  const writable: Gauge = new Gauge({
    name: 'amos_store_writable',
    help: '1 while the store takes writes, 0 while submits get 503.',
    registers,
    collect: () => {
      writable.set(store.status().isWritable ? 1 : 0)
    },
  })
  const durability = new Gauge({
    name: 'amos_store_durability',
    help: 'What an accepted write survives: 1 for the durability that the store gives now, 0 for the others.',
    labelNames: ['durability'],
    registers,
    collect: () => {
      const given = store.status().durability
      for (const name of DURABILITIES) durability.set({ durability: name }, name === given ? 1 : 0)
    },
  })
  const lost: Gauge = new Gauge({
    name: 'amos_store_lost',
    help: '1 while the store has lost data and no operator has accepted the loss. Alert on 1.',
    registers,
    collect: () => {
      lost.set(store.status().loss === undefined ? 0 : 1)
    },
  })
  const damaged: Counter = new Counter({
    name: 'amos_store_damaged_records_total',
    help: 'Stored records and events found damaged since the start.',
    registers,
    collect: () => {
      damaged.reset()
      damaged.inc(store.status().damagedCount ?? 0)
    },
  })
  observeWritten(store, registers)
}

/** A store that does not count shows none. */
function observeWritten(store: Pick<SwarmStore, 'status'>, registers: Registry[]): void {
  const steps: Counter = new Counter({
    name: 'amos_store_steps_total',
    help: 'Steps that changed something since the start: a task takes one to start and one to end.',
    registers,
    collect: () => {
      steps.reset()
      steps.inc(store.status().written?.steps ?? 0)
    },
  })
  const commits: Counter = new Counter({
    name: 'amos_store_commits_total',
    help: 'Transactions of the embedded store, or scripts on Redis, that wrote these steps. Steps per commit is the batch size.',
    registers,
    collect: () => {
      commits.reset()
      commits.inc(store.status().written?.commits ?? 0)
    },
  })
}
