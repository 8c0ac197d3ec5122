import type { TopologyView } from './topology-view.ts'

/** Who is connected with whom. */
export interface TopologyService {
  view(): Promise<TopologyView>
}
