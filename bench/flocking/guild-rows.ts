import { Flock } from '#domain/intelligence/flocking/flock.ts'
import type { FlockSettings } from '#domain/intelligence/flocking/flock-settings.ts'
import { SeededRandom } from '#simulation/seeded-random.ts'
import type { ProtocolRequest, ProtocolRow } from '../harness/protocol.ts'
import { flockRule, plantGuilds, purityOf, runGuilds } from './guilds.ts'

const WORLD = { agents: 40, guilds: 4, kinds: 60 }

/** F2: hidden guilds, of which only outcomes are seen. */
export function guildRows({ seeds, onProgress }: ProtocolRequest): ProtocolRow[] {
  onProgress('guilds')
  const measured = (settings: Partial<FlockSettings>) =>
    seeds.map((seed) => {
      const random = new SeededRandom(seed)
      const guilds = plantGuilds(WORLD, random)
      const flock = new Flock(settings, { onChange: () => undefined })
      const run = runGuilds(guilds, { rounds: 1_500, tasksPerRound: 8 }, flockRule(guilds, flock), random)
      return { ...run, ...purityOf(flock, guilds) }
    })
  const [aligned, alone] = [measured({}), measured({ alignment: false })]
  const success = (runs: typeof aligned): number[] => runs.map((run) => run.success)
  return [
    {
      what: 'F2: success over the run',
      figures: success(aligned),
      bar: { is: 'at least', limit: 0.79 },
      ablation: { what: 'alignment off', figures: success(alone) },
    },
    {
      what: 'F2: success gained by alignment',
      figures: aligned.map((run, index) => run.success - (alone[index]?.success ?? Number.NaN)),
      bar: { is: 'at least', limit: 0.03 },
    },
    {
      what: 'F2: rounds until the success is .8',
      figures: aligned.map((run) => run.roundsTo80 ?? Number.NaN),
      ablation: { what: 'alignment off', figures: alone.map((run) => run.roundsTo80 ?? Number.NaN) },
    },
    { what: 'F2: members that stand with their guild', figures: aligned.map((run) => run.purity) },
    { what: 'F2: groups (4 guilds)', figures: aligned.map((run) => run.groups) },
  ]
}
