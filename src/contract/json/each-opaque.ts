import type { OpaqueTexts } from './opaque-scan.ts'

/** Visits every opaque value of a parsed document: the object it is a member of, its name there and its text. */
export function eachOpaque(
  document: unknown,
  texts: OpaqueTexts | undefined,
  visit: (parent: Record<string, unknown>, name: string, text: string) => unknown,
): void {
  if (texts === undefined || typeof texts === 'string') return
  const parent = document as Record<string, unknown>
  for (const [place, found] of texts.entries()) {
    if (typeof found === 'string') visit(parent, String(place), found)
    else eachOpaque(parent[place], found, visit)
  }
}
