import { BenchProcess } from '../harness/bench-process.ts'
import type { Hub } from './hub.ts'

/** What each hub that we run in Node answers. */
export interface NodeHubCalls {
  readonly url: () => string
  readonly cpuMicros: () => number
}

/** Starts a hub from `bench/programs`, given by its file name. */
export async function startNodeHub(fileName: string): Promise<Hub> {
  const hub = await BenchProcess.start<NodeHubCalls>(`bench/programs/${fileName}`)
  return {
    url: await hub.call('url'),
    cpuMicros: () => hub.call('cpuMicros'),
    close: () => hub.close(),
  }
}
