import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { asyncApiDocument } from '#contract/documents/asyncapi-document.ts'
import { openApiDocument } from '#contract/documents/openapi-document.ts'
import { OPERATIONS } from '#contract/operations/all-operations.ts'

type Json = Record<string, unknown>

describe('the documents of the contract', () => {
  it.each([
    ['openapi.json', openApiDocument],
    ['asyncapi.json', asyncApiDocument],
  ])('are committed as they are generated: %s', async (file, generate) => {
    const committed = JSON.parse(await readFile(`openapi/${file}`, 'utf8')) as unknown
    expect(committed, 'run npm run openapi and commit what it writes').toEqual(generate())
  })

  it.each([
    ['openapi.json', openApiDocument],
    ['asyncapi.json', asyncApiDocument],
  ])('refer only to what is there: %s', (_, generate) => {
    const document = generate()
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(
      ([, path = '']) => path,
    )
    expect(references.length).toBeGreaterThan(0)
    for (const reference of new Set(references)) {
      const target = reference.split('/').reduce<unknown>((at, name) => (at as Json)[name], document)
      expect(target, reference).toBeDefined()
    }
  })

  it('name, tag, describe and secure every operation, with its problems', () => {
    const paths = openApiDocument()['paths'] as Record<string, Record<string, Json>>
    for (const { operationId, method, path, tag, summary, description, access, body } of OPERATIONS) {
      const described = paths[path]?.[method.toLowerCase()]
      expect(described).toMatchObject({ operationId, tags: [tag], summary })
      expect(described?.['description']).toContain(description)
      const statuses = Object.keys(described?.['responses'] as Json)
      const secured = access === 'public' ? [] : ['401', '403', '429', '503']
      const withBody = body === undefined ? [] : ['413', '415']
      expect(statuses).toEqual(expect.arrayContaining(['400', ...secured, ...withBody]))
      const alternatives = described?.['security'] as unknown[] | undefined
      expect(alternatives?.length === 0).toBe(access === 'public')
    }
  })

  it('let clients leave out what has a default, and promise it in answers', () => {
    const { schemas } = openApiDocument()['components'] as {
      schemas: Record<string, { required?: string[] }>
    }
    expect(schemas['TaskSubmit']?.required).toEqual(['type'])
    expect(schemas['Task']?.required).toEqual(
      expect.arrayContaining(['priority', 'backoff', 'metadata', 'timeoutMs']),
    )
    expect(schemas['BackoffInput']?.required).toBeUndefined()
    expect(schemas['Backoff']?.required).toEqual(['baseMs', 'factor', 'maxMs'])
  })

  it('close every object, so that an unknown field is an error and not a surprise', () => {
    const { schemas } = openApiDocument()['components'] as { schemas: Record<string, Json> }
    for (const [name, schema] of Object.entries(schemas)) {
      expect(schema['type'] !== 'object' || schema['additionalProperties'] === false, name).toBe(true)
    }
  })
})
