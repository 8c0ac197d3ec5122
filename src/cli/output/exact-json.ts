import { RawJson, rawJson } from '#sdk/index.ts'
import type { TaskTexts, ValueText } from '#sdk/json/exact-texts.ts'

/** The same document with the exact text of each payload, result and value in the place of its parsed value. */
export function exactJson(document: unknown): unknown {
  if (Array.isArray(document)) return document.map(exactJson)
  if (typeof document !== 'object' || document === null || document instanceof RawJson) return document
  const { payloadText, resultText, valueText } = document as TaskTexts & ValueText
  // Of the values that have a text nothing else is looked at: they may hold members of any name.
  const members = Object.entries(document).map(([name, value]): [string, unknown] => {
    if (name === 'payload' && payloadText !== undefined) return [name, rawJson(payloadText)]
    if (name === 'result' && resultText !== undefined) return [name, rawJson(resultText)]
    if (name === 'value' && valueText !== undefined) return [name, rawJson(valueText)]
    return [name, exactJson(value)]
  })
  return Object.fromEntries(members)
}
