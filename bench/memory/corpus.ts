import type { SeededRandom } from '#simulation/seeded-random.ts'

const CONSONANTS = 'bcdfghklmnprstvz'
const VOWELS = 'aeiou'

/** Made-up words that differ in their stems. */
export function vocabulary(size: number): readonly string[] {
  return Array.from({ length: size }, (_, index) => {
    let word = ''
    for (let rest = index + 17; rest > 0; rest = Math.floor(rest / 80))
      word += (CONSONANTS[rest % 16] ?? '') + (VOWELS[Math.floor(rest / 16) % 5] ?? '')
    return `${word}k`
  })
}

/** An index whose chance falls with its size, as the words of a language do (Zipf, exponent 1). */
export function zipf(random: SeededRandom, size: number): number {
  return Math.min(size - 1, Math.floor(Math.exp(random.next() * Math.log(size + 1))) - 1)
}

/** Texts of so many words each, drawn after Zipf. */
export function randomTexts(
  random: SeededRandom,
  {
    count,
    wordCount,
    words,
  }: { readonly count: number; readonly wordCount: number; readonly words: readonly string[] },
): readonly string[] {
  return Array.from({ length: count }, () =>
    Array.from({ length: wordCount }, () => words[zipf(random, words.length)]).join(' '),
  )
}

export interface Turn {
  readonly conversation: string
  readonly position: number
  readonly text: string
}

export interface Question {
  readonly text: string
  /** The place of the turn that answers it. */
  readonly evidence: number
}

export interface Dialogue {
  readonly turns: readonly Turn[]
  readonly questions: readonly Question[]
}

const TURNS = 30
const SEGMENT = 3
const TOPIC_WORDS = 6
const WORDS_SAID = 2
const WORDS_ASKED = 4
const FILLER = 10

/**
 * Conversations in which a topic lasts three turns, and each turn says two of its six words among fillers. A question names four
 * of the six; the middle turn is its evidence. Topic words come up in other conversations as well.
 */
export function dialogue(random: SeededRandom, conversationCount: number): Dialogue {
  const topicWords = vocabulary(8_000).slice(200)
  const fillers = vocabulary(200)
  const turns: Turn[] = []
  const questions: Question[] = []
  for (let conversation = 0; conversation < conversationCount; conversation += 1) {
    for (let first = 0; first < TURNS; first += SEGMENT) {
      const topic = Array.from(
        { length: TOPIC_WORDS },
        () => topicWords[zipf(random, topicWords.length)] as string,
      )
      for (let at = 0; at < SEGMENT; at += 1) {
        const said = sample(random, topic, WORDS_SAID)
        const filler = Array.from({ length: FILLER }, () => fillers[zipf(random, fillers.length)] as string)
        turns.push({
          conversation: `c${conversation}`,
          position: first + at,
          text: [...filler, ...said].join(' '),
        })
      }
      if (random.next() < 0.1)
        questions.push({ text: sample(random, topic, WORDS_ASKED).join(' '), evidence: turns.length - 2 })
    }
  }
  return { turns, questions }
}

function sample(random: SeededRandom, words: readonly string[], count: number): readonly string[] {
  const rest = [...words]
  return Array.from({ length: count }, () => rest.splice(random.integer(rest.length), 1)[0] as string)
}
