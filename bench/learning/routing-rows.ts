import { chooseArm } from '#domain/intelligence/learning/estimates/advice.ts'
import {
  meanOf as posteriorMean,
  posteriorOf,
} from '#domain/intelligence/learning/estimates/beta-posterior.ts'
import { SharedEstimates } from '#domain/intelligence/learning/estimates/shared-estimates.ts'
import { epochMs } from '#domain/model/ids.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { shuffled } from '../../examples/federated-digits/softmax.ts'
import { linesOf } from '../data/data-set.ts'
import { meanOf, type ProtocolRequest, type ProtocolRow } from '../harness/protocol.ts'

export const ROUTING_FILE = 'routellm-mmlu/given.csv.gz'

interface Question {
  readonly subject: string
  /** Whether the answer of each is right. */
  readonly weak: boolean
  readonly strong: boolean
}

const ARMS = ['weak', 'strong']
const PRICE = 0.1
const AGENTS = 10
const ORDERS = 10
const SPLITS = 20
const EQUAL_COST = [
  [0.2, 0.015],
  [0.5, 0.018],
  [0.8, 0.01],
] as const

/** C2: which of two models to ask, by the subject of the question. The dearer one is right more often, not everywhere. */
export function routingRows({ seeds, isQuick, onProgress }: ProtocolRequest): ProtocolRow[] {
  const questions = readQuestions()
  const firstSeed = seeds[0] ?? 1
  const orders = isQuick ? 3 : Math.max(ORDERS, seeds.length)
  onProgress('routing by subject')
  const run = (isShared: boolean): number[] =>
    Array.from({ length: orders }, (_, index) =>
      rewardOf(questions, isShared, seeds[index] ?? firstSeed + index),
    )
  const shared = run(true)
  const alone = run(false)
  return [
    ...constantRows(questions),
    {
      what: 'C2, reward, Thompson sampling with shared estimates',
      figures: shared,
      bar: { is: 'at least', limit: 0.709 },
      ablation: {
        what: 'sharing off',
        figures: alone,
        bar: { is: 'at most', limit: meanOf(shared) - 0.006 },
      },
    },
    ...equalCostRows(questions, isQuick ? 5 : SPLITS, firstSeed),
  ]
}

function constantRows(questions: readonly Question[]): ProtocolRow[] {
  const rewards = (arm: 'weak' | 'strong') => meanOf(questions.map((question) => reward(question, arm)))
  return [
    { what: 'C2, reward, always the weak model', figures: [rewards('weak')] },
    { what: 'C2, reward, always the strong model', figures: [rewards('strong')] },
  ]
}

function rewardOf(questions: readonly Question[], isShared: boolean, seed: number): number {
  const random = new SeededRandom(seed)
  const memories = Array.from({ length: isShared ? 1 : AGENTS }, newMemory)
  const order = shuffled(questions, () => random.next())
  const rewards = order.map((question, index) => {
    const memory = memories[index % memories.length] ?? newMemory()
    const arm = chooseArm(ARMS, memory.of(question.subject), { costWeight: PRICE }, random)
    const chosen = arm === 'strong' ? 'strong' : 'weak'
    memory.record({
      type: question.subject,
      arm: chosen,
      isSuccess: question[chosen],
      cost: Number(chosen === 'strong'),
      at: epochMs(index),
    })
    return reward(question, chosen)
  })
  return meanOf(rewards)
}

function reward(question: Question, arm: 'weak' | 'strong'): number {
  return Number(question[arm]) - (arm === 'strong' ? PRICE : 0)
}

/** Learned on one half, scored on the other: as many questions go to the strong model as in a random mix. */
function equalCostRows(questions: readonly Question[], splits: number, firstSeed: number): ProtocolRow[] {
  return EQUAL_COST.map(([share, bar]): ProtocolRow => {
    const gains = Array.from({ length: splits }, (_, split) =>
      gainOf(questions, share, firstSeed + split, false),
    )
    const shuffledGains = Array.from({ length: splits }, (_, split) =>
      gainOf(questions, share, firstSeed + split, true),
    )
    return {
      what: `C2, ${share * 100} % strong, right answers by subject − random mix`,
      figures: gains,
      bar: { is: 'at least', limit: bar },
      ablation: {
        what: 'estimates of another subject each',
        figures: shuffledGains,
        bar: { is: 'at most', limit: bar / 2 },
      },
    }
  })
}

function gainOf(questions: readonly Question[], share: number, seed: number, isMixedUp: boolean): number {
  const random = new SeededRandom(seed)
  const order = shuffled(questions, () => random.next())
  const half = Math.floor(order.length / 2)
  const [train, test] = [order.slice(0, half), order.slice(half)]
  const memory = newMemory()
  for (const [index, question] of train.entries())
    for (const arm of ['weak', 'strong'] as const)
      memory.record({ type: question.subject, arm, isSuccess: question[arm], at: epochMs(index) })
  const subjects = [...new Set(questions.map(({ subject }) => subject))]
  const sources = isMixedUp ? shuffled(subjects, () => random.next()) : subjects
  const advantage = new Map(
    subjects.map((subject, index) => [subject, advantageOf(memory, sources[index] ?? subject)]),
  )
  // Within one subject the order is random.
  const ranked = shuffled(test, () => random.next()).toSorted(
    (a, b) => (advantage.get(b.subject) ?? 0) - (advantage.get(a.subject) ?? 0),
  )
  const strongCount = Math.round(share * ranked.length)
  const right = ranked.map(({ weak, strong }, index) => Number(index < strongCount ? strong : weak))
  const [weak, strong] = [meanOf(test.map((q) => Number(q.weak))), meanOf(test.map((q) => Number(q.strong)))]
  return meanOf(right) - (weak + share * (strong - weak))
}

function advantageOf(memory: SharedEstimates, subject: string): number {
  const { arms } = memory.of(subject)
  const rate = (arm: string): number => {
    const { successes, failures } = arms.get(arm) ?? { successes: 0, failures: 0 }
    return posteriorMean(posteriorOf({ successes, failures }))
  }
  return rate('strong') - rate('weak')
}

function newMemory(): SharedEstimates {
  return new SharedEstimates({ keep: 1, typesMax: 1_000, armsMax: 100 })
}

function readQuestions(): readonly Question[] {
  const [, ...lines] = linesOf(ROUTING_FILE)
  return lines.map((line) => {
    const columns = line.split(',')
    return {
      subject: columns[0] ?? '',
      weak: columns.at(-2) === 'True',
      strong: columns.at(-1)?.trim() === 'True',
    }
  })
}
