import type { AggregatorSettings } from '#domain/intelligence/learning/aggregation/aggregator.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { accuracy } from '../../examples/federated-digits/softmax.ts'
import type { Limit, ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'
import { alie, flip, gauss } from './attacks.ts'
import { CLASS_COUNT, type Digits, readDigits } from './digits.ts'
import { type Attack, runFederated } from './federated.ts'
import { dirichlet, iid, type Partition, twoShards } from './partitions.ts'

const CLIENTS = 10
const LIARS = 2

const ROBUST: readonly AggregatorSettings[] = [
  { kind: 'median' },
  { kind: 'trimmed_mean', byzantineMax: LIARS },
  { kind: 'multi_krum', byzantineMax: LIARS, selectedCount: 6 },
]
const KRUM: AggregatorSettings = { kind: 'krum', byzantineMax: LIARS }
const ATTACKS: readonly (readonly [string, Attack | undefined])[] = [
  ['no attack', undefined],
  ['ALIE 1.5', alie],
  ['flip', flip],
  ['gauss', gauss],
]

interface Setting {
  readonly partition: readonly [string, Partition]
  readonly attack: readonly [string, Attack | undefined]
  readonly rounds: number
}

/** Two of ten clients lie: what each aggregator makes of it, beside the plain mean. */
export function byzantineRows(request: ProtocolRequest): ProtocolRow[] {
  const rounds = request.isQuick ? 5 : 30
  const iidRows = ATTACKS.flatMap((attack) =>
    rowsOf(request, { partition: ['iid', iid], attack, rounds }, [...ROBUST, KRUM], ({ kind }) => ({
      is: 'at least',
      limit: kind === 'krum' ? 0.91 : 0.94,
    })),
  )
  const skewed = { attack: ['flip', flip] as const, rounds: request.isQuick ? 5 : 20 }
  return [
    ...iidRows,
    ...rowsOf(request, { partition: ['Dirichlet .5', dirichlet(0.5)], ...skewed }, ROBUST, () => ({
      is: 'at least',
      limit: 0.87,
    })),
    // The honest limit: no rule saves it, so that there is no bar.
    ...rowsOf(request, { partition: ['2-shard', twoShards], ...skewed }, ROBUST, () => undefined),
  ]
}

function rowsOf(
  request: ProtocolRequest,
  setting: Setting,
  aggregators: readonly AggregatorSettings[],
  barOf: (aggregator: AggregatorSettings) => Limit | undefined,
): ProtocolRow[] {
  const [partition] = setting.partition
  const [attack] = setting.attack
  const digits = readDigits()
  request.onProgress(`${attack}, ${partition}`)
  const accuracies = (aggregator: AggregatorSettings): number[] =>
    request.seeds.map((seed) => accuracyUnder(setting, aggregator, seed, digits))
  const plain = accuracies({ kind: 'fedavg' })
  return aggregators.map((aggregator): ProtocolRow => {
    const bar = barOf(aggregator)
    const isFlipped = attack === 'flip'
    return {
      what: `${aggregator.kind}, ${attack}, ${partition}, accuracy`,
      figures: accuracies(aggregator),
      ...(bar === undefined ? {} : { bar }),
      ablation: {
        what: 'plain mean',
        figures: plain,
        ...(isFlipped ? { bar: { is: 'at most', limit: 0.5 } } : {}),
      },
    }
  })
}

function accuracyUnder(
  { partition: [, partition], attack: [, attack], rounds }: Setting,
  aggregator: AggregatorSettings,
  seed: number,
  digits: Digits,
): number {
  const { train, test } = digits
  const random = new SeededRandom(seed)
  const model = runFederated({
    clients: partition(train, CLIENTS, random),
    aggregator,
    rounds,
    random,
    ...(attack === undefined ? {} : { liars: { count: LIARS, attack } }),
  })
  return accuracy(model, test, CLASS_COUNT)
}
