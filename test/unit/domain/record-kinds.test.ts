import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { RecordKinds, recordKind } from '#domain/model/record-kind.ts'
import { RECORD_KINDS } from '#domain/orchestration/record-kinds.ts'

const sources = fileURLToPath(new URL('../../../src', import.meta.url))

describe('the kinds of records', () => {
  it('are all listed: records of any other kind would outlive their swarm', () => {
    const declared = readdirSync(sources, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => readFileSync(join(sources, name), 'utf8'))
      .flatMap((text) => [...text.matchAll(/= recordKind<[^']*?>\(\s*'(\w+)'/g)].map(([, name = '']) => name))
    expect(declared.length).toBeGreaterThan(10)
    expect(new Set(RECORD_KINDS.all.map(({ name }) => name))).toEqual(new Set(declared))
  })

  it('have a name each', () => {
    expect(() => new RecordKinds([recordKind<number>('a'), recordKind<string>('a')])).toThrow(/own name/)
  })

  it('are those that a store was told', () => {
    const kinds = new RecordKinds([recordKind<number>('a')])
    expect(() => kinds.require(recordKind<number>('a'))).toThrow(/one of the store's kinds/)
  })
})
