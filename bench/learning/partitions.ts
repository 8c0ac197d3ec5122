import { drawGamma } from '#domain/intelligence/learning/estimates/gamma.ts'
import type { SeededRandom } from '#simulation/seeded-random.ts'
import { type Sample, shuffled } from '../../examples/federated-digits/softmax.ts'

/** Splits samples among clients; every sample goes to one. */
export type Partition = (
  samples: readonly Sample[],
  clientCount: number,
  random: SeededRandom,
) => readonly (readonly Sample[])[]

/** Each client gets as many, at random. */
export const iid: Partition = (samples, clientCount, random) => {
  const order = shuffled(samples, () => random.next())
  return Array.from({ length: clientCount }, (_, client) =>
    order.filter((_, index) => index % clientCount === client),
  )
}

/** Sorted by label and cut into 2 shards a client; each client gets two at random. */
export const twoShards: Partition = (samples, clientCount, random) => {
  const sorted = samples.toSorted((a, b) => a.label - b.label)
  const size = sorted.length / (2 * clientCount)
  const shards = Array.from({ length: 2 * clientCount }, (_, shard) =>
    sorted.slice(Math.floor(shard * size), Math.floor((shard + 1) * size)),
  )
  const order = shuffled(shards, () => random.next())
  return Array.from({ length: clientCount }, (_, client) => order.slice(2 * client, 2 * client + 2).flat())
}

/** The samples of each class are split in proportions that are drawn from a Dirichlet distribution. */
export function dirichlet(concentration: number): Partition {
  return (samples, clientCount, random) => {
    const clients: Sample[][] = Array.from({ length: clientCount }, () => [])
    const labels = [...new Set(samples.map(({ label }) => label))].toSorted((a, b) => a - b)
    for (const label of labels) {
      const own = shuffled(
        samples.filter((sample) => sample.label === label),
        () => random.next(),
      )
      const shares = clients.map(() => drawGamma(concentration, random))
      const total = shares.reduce((sum, share) => sum + share, 0)
      let upTo = 0
      let start = 0
      for (const [client, share] of shares.entries()) {
        upTo += share
        const end = client === clientCount - 1 ? own.length : Math.round((upTo / total) * own.length)
        clients[client]?.push(...own.slice(start, end))
        start = end
      }
    }
    return clients
  }
}
