import { assertNever } from '../model/errors.ts'
import type { TopologySettings } from '../model/topology-settings.ts'
import { HierarchicalTopology } from './hierarchical-topology.ts'
import { MeshTopology } from './mesh-topology.ts'
import { RingTopology } from './ring-topology.ts'
import type { Topology } from './topology.ts'

export function createTopology(settings: TopologySettings): Topology {
  switch (settings.kind) {
    case 'mesh':
      return new MeshTopology()
    case 'hierarchical':
      return new HierarchicalTopology(settings.branching)
    case 'ring':
      return new RingTopology(settings.direction)
    default:
      return assertNever(settings)
  }
}
