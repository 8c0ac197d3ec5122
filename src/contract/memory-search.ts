import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { Embedding, MemoryNamespace, MemoryRecordView, Tags } from './memory.ts'
import { AgentId, Count, Ratio, Text, Timestamp } from './scalars.ts'
import { annotate, closedObject, distinct } from './schema.ts'

export const MemorySearchRequest = closedObject(
  {
    text: Type.Optional(
      Text(
        'Words to look for. A word that ends in `*` stands for all that begin so. With a vector: hybrid search.',
      ),
    ),
    vector: Type.Optional(Embedding),
    namespaces: Type.Optional(
      distinct(MemoryNamespace, {
        maxItems: LIMITS.memoryNamespacesPerSearchMax,
        description: 'All that the caller may read where left out.',
      }),
    ),
    tags: Type.Optional(annotate(Tags, { description: 'Only records with all of these.' })),
    author: Type.Optional(annotate(AgentId, { description: 'Only what this agent wrote.' })),
    from: Type.Optional(annotate(Timestamp, { description: 'Only what was written at this time or later.' })),
    to: Type.Optional(annotate(Timestamp, { description: 'Only what was written at this time or before.' })),
    contextWeight: Type.Optional(
      Ratio(
        'How much the words of the records before and after in a sequence count; 0 leaves them out. Default: 0.5.',
      ),
    ),
    countMax: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: LIMITS.memorySearchCountMax,
        description: 'Most hits. Default: 10.',
      }),
    ),
    includeValues: Type.Optional(
      Type.Boolean({ description: 'Answer with the values of the hits. Default: no.' }),
    ),
  },
  { title: 'MemorySearch', description: 'What to look for: `text`, `vector` or both.' },
)
export type MemorySearchRequest = Static<typeof MemorySearchRequest>

const rank = Count('The place in this ranking, from 1.')

export const MemorySearchReply = closedObject(
  {
    hits: Type.Array(
      closedObject(
        {
          record: MemoryRecordView,
          score: Type.Number({
            description: 'By which the hits are ordered; comparable within one answer only.',
          }),
          snippet: closedObject(
            {
              text: Type.String({
                maxLength: 1_024,
                description: 'The part of the texts with the most words of the query.',
              }),
              matches: Type.Array(
                Type.Array(Count('UTF-16 units from the start.'), { minItems: 2, maxItems: 2 }),
                {
                  maxItems: 1_024,
                  description: 'Where matched words begin and end in it.',
                },
              ),
            },
            { description: 'A part of the record.' },
          ),
          lexical: Type.Optional(
            closedObject(
              {
                rank,
                score: Type.Number({ description: 'BM25.' }),
                terms: Type.Array(
                  closedObject({
                    term: Type.String({ maxLength: 128, description: 'The stem, or the prefix with `*`.' }),
                    score: Type.Number({ description: 'Its part of the score.' }),
                    frequency: Type.Number({ description: 'Weighted frequency in the record.' }),
                    contextFrequency: Type.Number({
                      description: 'The same in the records before and after.',
                    }),
                  }),
                  { maxItems: 64, description: 'Matched terms, those that count most first.' },
                ),
              },
              { description: 'Why the words found it.' },
            ),
          ),
          vector: Type.Optional(
            closedObject(
              { rank, similarity: Type.Number({ description: 'Cosine, -1 to 1.' }) },
              { description: 'Why the vector found it.' },
            ),
          ),
        },
        { title: 'MemoryHit', description: 'A record that was found, and why.' },
      ),
      { maxItems: LIMITS.memorySearchCountMax, description: 'Best first.' },
    ),
    isComplete: Type.Boolean({
      description: 'False while the index is being rebuilt after a takeover: older records may be missing.',
    }),
  },
  { title: 'MemorySearchResult', description: 'What a search found.' },
)
export type MemorySearchReply = Static<typeof MemorySearchReply>
