import type { TSchema } from '@sinclair/typebox'

export type JsonSchema = Record<string, unknown>

/** `input` is written by clients, who may leave out what has a default; `output` by the server, which never does. */
export type Direction = 'input' | 'output'

/**
 * Renders TypeBox schemas as plain JSON Schema. A schema with a `title` becomes a component, rendered once and
 * referred to; where clients and the server write it differently, the clients' form is named `…Input`.
 *
 * A default stands in the description: many generators make a field with the keyword `default` one that a client must
 * send.
 */
export class ComponentSchemas {
  readonly #components = new Map<string, JsonSchema>()
  readonly #outputTitles = new Set<string>()

  /** @param outputs every schema that will be rendered as output, so that an input of the same title is told apart. */
  constructor(outputs: readonly TSchema[]) {
    for (const output of outputs) this.#collectTitles(output)
  }

  /** By name, in alphabetical order. */
  get components(): Record<string, JsonSchema> {
    return Object.fromEntries([...this.#components].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  }

  render(schema: TSchema, direction: Direction): JsonSchema {
    if (schema.title === undefined) return this.#renderBody(schema, direction)
    const name = this.#nameOf(schema, schema.title, direction)
    const { default: initial, ...rest } = schema as { readonly default?: unknown }
    if (!this.#components.has(name)) {
      // Set before its body is rendered, so that a schema inside itself would end here.
      this.#components.set(name, {})
      this.#components.set(name, { ...this.#renderBody(rest, direction), title: name })
    }
    const reference = { $ref: `#/components/schemas/${name}` }
    if (direction === 'output' || initial === undefined) return reference
    return { ...reference, description: withDefault(schema.description, initial) }
  }

  #nameOf(schema: TSchema, title: string, direction: Direction): string {
    return direction === 'input' && this.#outputTitles.has(title) && hasDefault(schema)
      ? `${title}Input`
      : title
  }

  #renderBody(schema: object, direction: Direction): JsonSchema {
    const rendered: JsonSchema = {}
    for (const [keyword, value] of Object.entries(schema)) {
      if (keyword === 'default') continue
      // A tuple: what draft 7 calls `items` is `prefixItems` in 2020-12.
      if (Array.isArray(value) && keyword === 'items') {
        rendered['prefixItems'] = (value as TSchema[]).map((item) => this.render(item, direction))
        // Checkers ask for it; the length is bounded by `maxItems`.
        rendered['items'] = {}
        continue
      }
      if (keyword === 'additionalItems') continue
      rendered[keyword] = this.#renderKeyword(keyword, value, direction)
    }
    if (direction === 'input') {
      leaveOutDefaulted(rendered, schema)
      const { default: initial, description } = schema as Annotations
      if (initial !== undefined) rendered['description'] = withDefault(description, initial)
    }
    return namesAsPattern(rendered)
  }

  #renderKeyword(keyword: string, value: unknown, direction: Direction): unknown {
    switch (keyword) {
      case 'properties':
      case 'patternProperties':
        return Object.fromEntries(
          Object.entries(value as Record<string, TSchema>).map(([name, property]) => [
            name,
            this.render(property, direction),
          ]),
        )
      case 'items':
        return this.render(value as TSchema, direction)
      case 'anyOf':
        return (value as TSchema[]).map((option) => this.render(option, direction))
      default:
        return value
    }
  }

  #collectTitles(schema: TSchema): void {
    if (schema.title !== undefined) this.#outputTitles.add(schema.title)
    for (const inner of innerSchemas(schema)) this.#collectTitles(inner)
  }
}

interface Inside {
  readonly properties?: Record<string, TSchema>
  readonly patternProperties?: Record<string, TSchema>
  readonly items?: TSchema | TSchema[]
  readonly anyOf?: TSchema[]
}

function innerSchemas(schema: TSchema): TSchema[] {
  const { properties = {}, patternProperties = {}, items, anyOf = [] } = schema as Inside
  const named = [...Object.values(properties), ...Object.values(patternProperties)]
  return [...named, ...anyOf, ...(items === undefined ? [] : [items].flat())]
}

function hasDefault(schema: TSchema): boolean {
  return innerSchemas(schema).some((inner) => inner.default !== undefined || hasDefault(inner))
}

interface Annotations {
  readonly default?: unknown
  readonly description?: string
}

function withDefault(description = '', initial: unknown): string {
  return `${description} Default: \`${JSON.stringify(initial)}\`.`.trimStart()
}

function leaveOutDefaulted(rendered: JsonSchema, schema: object): void {
  if (!Array.isArray(rendered['required'])) return
  const { properties = {} } = schema as Inside
  const needed = (rendered['required'] as string[]).filter((name) => properties[name]?.default === undefined)
  if (needed.length === 0) delete rendered['required']
  else rendered['required'] = needed
}

/** `patternProperties` with one pattern, said so that code generators understand it. */
function namesAsPattern(rendered: JsonSchema): JsonSchema {
  const { patternProperties, additionalProperties: _, ...rest } = rendered
  if (patternProperties === undefined) return rendered
  const [entry] = Object.entries(patternProperties as Record<string, JsonSchema>)
  if (entry === undefined) return rendered
  const [pattern, value] = entry
  return { ...rest, propertyNames: { pattern }, additionalProperties: value }
}
