import closeWithGrace from 'close-with-grace'
import { type ComposeNodeOptions, composeNode } from './compose-node.ts'

/** Time to close after the drain, before the process is ended all the same, in milliseconds. */
const CLOSE_MS = 10_000

/**
 * Runs a server until SIGTERM or SIGINT, then drains it and closes it; a second signal ends it at once.
 *
 * @param onListening called with the address
 * @throws whatever keeps it from starting: a wrong setting, a data directory in use, Redis that does not answer
 */
export async function runServer(
  options: ComposeNodeOptions,
  onListening: (url: string) => void,
): Promise<void> {
  const node = await composeNode(options)
  try {
    onListening(await node.listen())
  } catch (error) {
    await node.close()
    throw error
  }
  closeWithGrace({ delay: options.config.AMOS_DRAIN_MS + CLOSE_MS }, async ({ err }) => {
    if (err !== undefined) process.stderr.write(`amos: ${err.stack ?? err.message}\n`)
    await node.drain()
    await node.close()
  })
}
