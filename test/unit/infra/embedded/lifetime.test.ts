import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { epochMs, type Scope, swarmEpoch } from '#domain/model/ids.ts'
import { beginLifetime, endLifetime } from '#infra/embedded/lifetime.ts'
import { ScratchEncoder } from '#infra/embedded/record-codec.ts'
import { claimedState, type ScopeState } from '#infra/embedded/scope-ledger.ts'
import { SAMPLE_TIME } from '../../../helpers/sample-records.ts'
import { openTemporaryTables, type TemporaryTables } from './temporary-tables.ts'

describe('the loss count of a store', () => {
  let temporary: TemporaryTables

  beforeEach(() => {
    temporary = openTemporaryTables()
  })
  afterEach(() => temporary.remove())

  it('rises when the machine went down without a close under `committed`', async () => {
    const { tables } = temporary
    expect(await beginLifetime(tables, 'committed', 'boot-1')).toBe(0)
    expect(await beginLifetime(tables, 'committed', 'boot-2')).toBe(1)
    expect(await beginLifetime(tables, 'synced', 'boot-3')).toBe(2)
  })

  it('stays when only the process was killed, when it was closed, and when all was synced', async () => {
    const { tables } = temporary
    await beginLifetime(tables, 'committed', 'boot-1')
    expect(await beginLifetime(tables, 'committed', 'boot-1')).toBe(0)
    await endLifetime(tables)
    expect(await beginLifetime(tables, 'synced', 'boot-2')).toBe(0)
    expect(await beginLifetime(tables, 'committed', 'boot-3')).toBe(0)
  })
})

it('counts one more loss than any claim knows where the note of the last run is damaged', async () => {
  const temporary = openTemporaryTables()
  const { tables } = temporary
  await beginLifetime(tables, 'committed', 'boot-1')
  expect(await beginLifetime(tables, 'committed', 'boot-2')).toBe(1)
  const note = Buffer.from(tables.meta.get(['lifetime'])!)
  note[9] = (note[9] ?? 0) ^ 4
  await tables.meta.put(['lifetime'], note)
  const state = new ScratchEncoder().encodeText('meta:scope/acme/alpha', '{"lossCount":4}')
  await tables.meta.put(['scope', 'acme/alpha' as Scope], Buffer.from(state))
  expect(await beginLifetime(tables, 'synced', 'boot-2')).toBe(5)
  expect(await beginLifetime(tables, 'synced', 'boot-2')).toBe(5)
  await temporary.remove()
})

describe('a claim', () => {
  const before: ScopeState = { epoch: swarmEpoch(7), lastSequence: 40, lossCount: 0 }
  const claim = (state: ScopeState, sequenceFloor: number, lossCount: number): ScopeState =>
    claimedState(state, { now: SAMPLE_TIME, sequenceFloor, lossCount })

  it('gives the seconds since 2026 as epoch, or one more than before where that is more', () => {
    const noon = 12 * 3_600
    expect(claim(before, 0, 0).epoch).toBe(noon)
    expect(claim({ ...before, epoch: swarmEpoch(noon) }, 0, 0).epoch).toBe(noon + 1)
    const clockSetBack = { now: epochMs(0), sequenceFloor: 0, lossCount: 0 }
    expect(claimedState(before, clockSetBack).epoch).toBe(8)
  })

  it('skips a million numbers, once, where a tail may be lost and nobody knows how long it was', () => {
    const skipped = claim(before, 0, 1)
    expect(skipped.lastSequence).toBe(1_000_040)
    expect(claim(skipped, 0, 1).lastSequence).toBe(1_000_040)
  })

  it('skips only to what was seen where somebody knows', () => {
    expect(claim(before, 55, 1).lastSequence).toBe(55)
  })
})
