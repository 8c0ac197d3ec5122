/** Weights of a record's parts in the lexical index. A part that is not named counts with weight `value`. */
export interface FieldWeights {
  /** Strings anywhere in the value, but those of a named field. */
  readonly value: number
  readonly key: number
  readonly tags: number
  /** By the name of a field at the top of the value. */
  readonly fields: Readonly<Record<string, number>>
}

export const DEFAULT_WEIGHTS: FieldWeights = { value: 1, key: 0, tags: 1, fields: {} }

export interface WeightedText {
  readonly text: string
  readonly weight: number
}

/** The strings of a JSON value, each with the weight of the field it stands in. Names of fields and numbers do not count. */
export function weightedTexts(valueText: string, weights: FieldWeights): readonly WeightedText[] {
  const value: unknown = JSON.parse(valueText)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return [{ text: stringsIn(value), weight: weights.value }]
  return Object.entries(value).map(([name, member]) => ({
    text: stringsIn(member),
    weight: Object.hasOwn(weights.fields, name) ? (weights.fields[name] ?? 0) : weights.value,
  }))
}

/** All strings of a value in order, a line each. */
export function stringsIn(value: unknown): string {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null) return ''
  return Object.values(value)
    .map(stringsIn)
    .filter((text) => text !== '')
    .join('\n')
}
