import { MemoryIndex } from '#domain/intelligence/memory/search/memory-index.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'
import { dialogue } from './corpus.ts'

const HITS = 10
const GAIN_MIN = 0.05

/** How often the turn that answers a question is among the first ten, with neighbours in the sequence and without. */
export function recallRows({ seeds, isQuick }: ProtocolRequest): readonly ProtocolRow[] {
  const runs = seeds.map((seed) => recalls(seed, isQuick ? 200 : 1_000))
  const gains = runs.map(({ neighbours, plain }) => neighbours - plain)
  return [
    {
      what: 'recall@10 of evidence, neighbours at half weight',
      figures: runs.map(({ neighbours }) => neighbours),
      ablation: { what: 'contextWeight 0: plain BM25', figures: runs.map(({ plain }) => plain) },
    },
    { what: 'gain over plain BM25', figures: gains, bar: { is: 'at least', limit: GAIN_MIN } },
  ]
}

function recalls(
  seed: number,
  conversationCount: number,
): { readonly neighbours: number; readonly plain: number } {
  const { turns, questions } = dialogue(new SeededRandom(seed), conversationCount)
  const index = new MemoryIndex()
  for (const [at, { conversation, position, text }] of turns.entries()) {
    const sequence = { name: conversation, position }
    index.put({
      id: String(at),
      namespace: 'n',
      fields: [{ text, weight: 1 }],
      timeMs: 0,
      tags: [],
      sequence,
    })
  }
  const recall = (contextWeight: number): number => {
    const found = questions.filter(({ text, evidence }) =>
      index
        .search({ filter: { namespaces: ['n'] }, nowMs: 0, text, contextWeight, countMax: HITS })
        .some(({ id }) => id === String(evidence)),
    )
    return found.length / questions.length
  }
  return { neighbours: recall(0.5), plain: recall(0) }
}
