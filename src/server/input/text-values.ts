/** Whole numbers and fractions as a person writes them: no exponent, no other base, no space, no `Infinity`. */
const DECIMAL = /^-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,15})?$/
const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['false', false],
])

interface ValueSchema {
  readonly type?: unknown
}

/**
 * Addresses and headers hold text. Gives the values their schema asks for to those that are written exactly as such a
 * value is; the others stay text, which the check that follows refuses.
 */
export function decodeTextValues(schema: object, values: unknown): void {
  const { properties = {} } = schema as { readonly properties?: Readonly<Record<string, ValueSchema>> }
  const fields = (values ?? {}) as Record<string, unknown>
  for (const [name, { type }] of Object.entries(properties)) {
    const text = Object.hasOwn(fields, name) ? fields[name] : undefined
    if (typeof text === 'string') fields[name] = decoded(text, type)
  }
}

function decoded(text: string, type: unknown): unknown {
  if (type === 'boolean') return BOOLEANS.get(text) ?? text
  if (type !== 'integer' && type !== 'number') return text
  return DECIMAL.test(text) ? Number(text) : text
}
