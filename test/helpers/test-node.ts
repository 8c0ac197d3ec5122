import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { composeNode, type SwarmNode } from '#node/compose-node.ts'
import { readConfig } from '#node/config/read-config.ts'

export interface TestNode extends SwarmNode {
  readonly url: string
}

/**
 * The test shares its event loop, and a busy machine delays it: what the server would do then is tested where it is
 * asked for.
 */
const UNHURRIED = { AMOS_EVENT_LOOP_DELAY_MAX_MS: '60000' }

/** A whole server in this process, on a free port and, unless told otherwise, an empty data directory. */
export async function startTestNode(settings: Readonly<Record<string, string>> = {}): Promise<TestNode> {
  const dataDir = await mkdtemp(join(tmpdir(), 'amos-e2e-'))
  const removeDataDir = (): Promise<void> => rm(dataDir, { recursive: true, force: true })
  try {
    const node = await composeNode(
      readConfig({
        AMOS_DATA_DIR: dataDir,
        AMOS_PORT: '0',
        AMOS_LOG_LEVEL: 'error',
        AMOS_DRAIN_NOTICE_MS: '0',
        AMOS_DRAIN_MS: '1000',
        ...UNHURRIED,
        ...settings,
      }),
    )
    const url = await node.listen()
    return {
      ...node,
      url,
      close: async () => {
        await node.close()
        await removeDataDir()
      },
    }
  } catch (error) {
    await removeDataDir()
    throw error
  }
}
