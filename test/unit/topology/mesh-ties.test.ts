import { expect, it } from 'vitest'
import { type AgentId, agentId, monotonicMs } from '#domain/model/ids.ts'
import { MeshTies } from '#domain/topology/mesh-ties.ts'
import { agents } from './ids.ts'

const [a, b, c] = agents('a b c') as [AgentId, AgentId, AgentId]
const HALF_LIFE_MS = 1_000
const at = (ms: number) => monotonicMs(ms)

it('has no tie before the first use, whoever is asked for', () => {
  const ties = new MeshTies({ halfLifeMs: HALF_LIFE_MS, tiesMax: 10 })
  expect([ties.strength(a, b, at(0)), ties.size, ties.list(at(0))]).toEqual([0, 0, []])
})

it('grows with use in either direction and halves in each half-life', () => {
  const ties = new MeshTies({ halfLifeMs: HALF_LIFE_MS, tiesMax: 10 })
  ties.use(a, b, at(0))
  ties.use(b, a, at(0))
  expect(ties.strength(a, b, at(0))).toBe(2)
  expect(ties.strength(b, a, at(1_000))).toBe(1)
  ties.use(a, b, at(2_000))
  expect(ties.strength(a, b, at(2_000))).toBe(1.5)
})

it('forgets a tie that has faded away, and all ties of a member that is gone', () => {
  const ties = new MeshTies({ halfLifeMs: HALF_LIFE_MS, tiesMax: 10 })
  ties.use(a, b, at(0))
  ties.use(b, c, at(9_000))
  expect(ties.list(at(11_000))).toEqual([{ from: b, to: c, strength: 0.25 }])
  expect(ties.strength(a, b, at(11_000))).toBe(0)
  ties.forget(c)
  expect(ties.list(at(9_000)).map(({ to }) => to)).toEqual([b])
  ties.forget(a)
  expect(ties.size).toBe(0)
})

it('does not age where the clock of the asker lags behind', () => {
  const ties = new MeshTies({ halfLifeMs: HALF_LIFE_MS, tiesMax: 10 })
  ties.use(a, b, at(5_000))
  expect(ties.strength(a, b, at(4_000))).toBe(1)
})

it('drops the weakest ties where there are too many', () => {
  const ties = new MeshTies({ halfLifeMs: HALF_LIFE_MS, tiesMax: 20 })
  for (let i = 0; i < 21; i += 1) ties.use(a, agentId(`peer-${i}`), at(i))
  expect(ties.size).toBe(18)
  expect(ties.list(at(21)).at(0)?.to).toBe('peer-20')
  expect(ties.list(at(21)).at(-1)?.to).toBe('peer-3')
})

it('ties nobody to itself', () => {
  const ties = new MeshTies({ halfLifeMs: HALF_LIFE_MS, tiesMax: 10 })
  ties.use(a, a, at(0))
  expect(ties.size).toBe(0)
})

it('holds agents named like what every object has', () => {
  const ties = new MeshTies({ halfLifeMs: HALF_LIFE_MS, tiesMax: 10 })
  const [constructor] = agents('constructor') as [AgentId]
  ties.use(a, b, at(0))
  ties.use(a, constructor, at(0))
  ties.use(constructor, b, at(0))
  expect(ties.strength(constructor, a, at(0))).toBe(1)
  ties.forget(constructor)
  expect(ties.size).toBe(1)
})
