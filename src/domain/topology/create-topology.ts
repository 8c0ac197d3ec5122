import { assertNever } from '../model/errors.ts'
import type { TopologySettings } from '../model/topology-settings.ts'
import { Hierarchical } from './hierarchical.ts'
import { Mesh } from './mesh.ts'
import { Ring } from './ring.ts'
import type { Topology } from './topology.ts'

export function createTopology(settings: TopologySettings): Topology {
  switch (settings.kind) {
    case 'mesh':
      return new Mesh()
    case 'hierarchical':
      return new Hierarchical(settings.branching)
    case 'ring':
      return new Ring(settings.direction)
    default:
      return assertNever(settings)
  }
}
