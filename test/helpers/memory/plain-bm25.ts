import { stemOf, tokenize } from '#domain/intelligence/memory/search/analyzer.ts'

export interface PlainRecord {
  readonly id: string
  readonly text: string
  readonly sequence?: { readonly name: string; readonly position: number }
}

/** BM25 with neighbours by its definition, without an index: what the index is compared with. */
export function plainScores(
  records: readonly PlainRecord[],
  query: string,
  contextWeight: number,
): ReadonlyMap<string, number> {
  const words = records.map(({ text }) => stems(text))
  const meanLength = Math.max(1, words.reduce((sum, list) => sum + list.length, 0) / records.length)
  const scores = new Map<string, number>()
  for (const [at, record] of records.entries()) {
    const around = neighbours(records, record).map((neighbour) => words[records.indexOf(neighbour)]!)
    const weights = 1 + contextWeight * around.length
    const length =
      (words[at]!.length + contextWeight * around.reduce((sum, list) => sum + list.length, 0)) / weights
    let score = 0
    for (const term of new Set(stems(query))) {
      const count = (list: readonly string[]): number => list.filter((word) => word === term).length
      const frequency = count(words[at]!) + contextWeight * around.reduce((sum, list) => sum + count(list), 0)
      const found = words.filter((list) => list.includes(term)).length
      const idf = Math.log(1 + (records.length - found + 0.5) / (found + 0.5))
      score += (idf * frequency * 2.2) / (frequency + 1.2 * (0.25 + (0.75 * length) / meanLength))
    }
    if (score > 0) scores.set(record.id, score)
  }
  return scores
}

function neighbours(records: readonly PlainRecord[], { id, sequence }: PlainRecord): readonly PlainRecord[] {
  if (sequence === undefined) return []
  const line = records
    .filter((other) => other.sequence?.name === sequence.name)
    .toSorted((a, b) => a.sequence!.position - b.sequence!.position)
  const at = line.findIndex((other) => other.id === id)
  return [line[at - 1], line[at + 1]].filter((other) => other !== undefined)
}

function stems(text: string): readonly string[] {
  return [...tokenize(text)].map(({ text: word }) => stemOf(word))
}
