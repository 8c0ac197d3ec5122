import { weightedMean } from '#domain/intelligence/learning/aggregation/weighted-mean.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import { accuracy, emptyModel, type Sample } from '../../examples/federated-digits/softmax.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'
import { CLASS_COUNT, readDigits } from './digits.ts'
import { runFederated, trainLocally } from './federated.ts'
import { dirichlet, iid, type Partition, twoShards } from './partitions.ts'

const CLIENTS = 10
const CHECKPOINTS = [1, 10, 30, 50]
const ALONE_EPOCHS = 50

const PARTITIONS: readonly (readonly [string, Partition])[] = [
  ['iid', iid],
  ['Dirichlet .5', dirichlet(0.5)],
  ['2-shard', twoShards],
]

/** FedAvg on each partition after some rounds, beside one client alone and one average of clients that trained alone. */
export function fedavgRows({ seeds, isQuick, onProgress }: ProtocolRequest): ProtocolRow[] {
  const { train, test } = readDigits()
  const checkpoints = isQuick ? CHECKPOINTS.slice(0, 2) : CHECKPOINTS
  onProgress('pooled training')
  const pooled = seeds.map((seed) => pooledAccuracy(train, test, seed))
  const rows = PARTITIONS.flatMap(([name, partition]) => {
    onProgress(`FedAvg, ${name}`)
    const runs = seeds.map((seed) => runOn(partition, train, test, seed, checkpoints))
    const isSkewed = name === '2-shard'
    const last = checkpoints.at(-1) ?? 0
    const ratio: ProtocolRow = {
      what: `FedAvg, ${name}, accuracy after round ${last} ÷ pooled training`,
      figures: runs.map(({ curve }, index) => (curve.get(last) ?? Number.NaN) / (pooled[index] ?? 0)),
      bar: { is: 'at least', limit: 0.97 },
    }
    const accuracies = checkpoints.map((round): ProtocolRow => {
      const isJudged = isSkewed && round === last
      return {
        what: `FedAvg, ${name}, accuracy after round ${round}`,
        figures: runs.map(({ curve }) => curve.get(round) ?? Number.NaN),
        ...(isJudged ? judgement(runs) : {}),
      }
    })
    return isSkewed ? [...accuracies, ratio] : accuracies
  })
  return [{ what: 'pooled training, accuracy', figures: pooled }, ...rows]
}

interface Run {
  readonly curve: ReadonlyMap<number, number>
  readonly alone: number
  readonly averagedOnce: number
}

function judgement(runs: readonly Run[]): Omit<ProtocolRow, 'what' | 'figures'> {
  return {
    bar: { is: 'at least', limit: 0.93, of: 'each seed' },
    ablation: {
      what: `one average only (one client alone: ${mean(runs.map(({ alone }) => alone)).toFixed(3)})`,
      figures: runs.map(({ averagedOnce }) => averagedOnce),
      bar: { is: 'at most', limit: 0.929 },
    },
  }
}

function runOn(
  partition: Partition,
  train: readonly Sample[],
  test: readonly Sample[],
  seed: number,
  checkpoints: readonly number[],
): Run {
  const random = new SeededRandom(seed)
  const clients = partition(train, CLIENTS, random)
  const curve = new Map<number, number>()
  runFederated({
    clients,
    aggregator: { kind: 'fedavg' },
    rounds: checkpoints.at(-1) ?? 1,
    random,
    onRound: (round, model) => {
      if (checkpoints.includes(round)) curve.set(round, accuracy(model, test, CLASS_COUNT))
    },
  })
  const empty = emptyModel(CLASS_COUNT, 64)
  const alone = clients.map((samples) => trainLocally(empty, samples, random, ALONE_EPOCHS))
  const weights = clients.map((samples) => Math.max(1, samples.length))
  return {
    curve,
    alone: mean(alone.map((model) => accuracy(model, test, CLASS_COUNT))),
    averagedOnce: accuracy(weightedMean(alone, weights), test, CLASS_COUNT),
  }
}

function pooledAccuracy(train: readonly Sample[], test: readonly Sample[], seed: number): number {
  const model = trainLocally(emptyModel(CLASS_COUNT, 64), train, new SeededRandom(seed), ALONE_EPOCHS)
  return accuracy(model, test, CLASS_COUNT)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
