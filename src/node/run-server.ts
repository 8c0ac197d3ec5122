import closeWithGrace from 'close-with-grace'
import { endProcess } from '#infra/system/end-process.ts'
import { type ComposeNodeOptions, composeNode, type SwarmNode } from './compose-node.ts'
import { EXIT_CODES } from './exit-codes.ts'

/** Time to close after the drain, before the process is ended all the same, in milliseconds. */
const CLOSE_MS = 10_000
/** A fault of native code comes again where a listener lets it go on: the process would hang instead of ending. */
const FAULTS = ['SIGSEGV', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGABRT'] as const
/** The same where the store has failed: there is nothing left to save, and a supervisor waits to start the next one. */
const CLOSE_AFTER_FAILURE_MS = 3_000

/**
 * Runs a server until SIGTERM or SIGINT, then drains it and closes it; a second signal ends it at once. Where its store
 * fails, it closes the server and ends the process with an exit code of its own. SIGHUP reads the API keys again.
 *
 * @param onListening called with the address
 * @throws whatever keeps it from starting: a wrong setting, a data directory in use, Redis that does not answer
 */
export async function runServer(
  options: ComposeNodeOptions,
  onListening: (url: string) => void,
): Promise<void> {
  let hasFailed = false
  let tellFailure: (reason: string) => void = () => undefined
  const failure = new Promise<string>((resolve) => {
    tellFailure = resolve
  })
  const onStoreFailed = (reason: string): void => {
    hasFailed = true
    tellFailure(reason)
  }
  // A terminal that was closed takes no words any more; the server goes on.
  process.stderr.on('error', () => undefined)
  const reloadKeysOf = listenForHangUp()
  const node = await composeNode({ ...options, onStoreFailed })
  reloadKeysOf(node)
  void failure.then((reason) => endAfterFailure(node, reason))
  try {
    onListening(await node.listen())
  } catch (error) {
    if (hasFailed) return
    await node.close()
    throw error
  }
  const { AMOS_DRAIN_NOTICE_MS: noticeMs, AMOS_DRAIN_MS: drainMs } = options.config
  const delay = noticeMs + drainMs + CLOSE_MS
  closeWithGrace({ delay, skip: ['SIGHUP', ...FAULTS] }, async ({ err, signal }) => {
    if (err !== undefined) process.stderr.write(`amos: ${err.stack ?? err.message}\n`)
    // Whoever ends the process then does it under the exit code of the failure.
    if (hasFailed) return new Promise(() => undefined)
    // A person at a terminal waits for no load balancer.
    await node.drain({ hasNotice: signal === 'SIGTERM' })
    await node.close()
  })
}

/**
 * Begins to listen for SIGHUP: a signal that nobody listens for ends the process.
 *
 * @returns to be called with the node, once it stands
 */
function listenForHangUp(): (node: SwarmNode) => void {
  let known: SwarmNode | undefined
  let reloading = Promise.resolve()
  process.on('SIGHUP', () => {
    reloading = reloading.then(() => known?.reloadKeys()).catch(reportReload)
  })
  return (node) => {
    known = node
  }
}

/** The keys of before stay valid: a file that is being written must not lock everybody out, or let anybody in. */
function reportReload(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error)
  process.stderr.write(`amos: the API keys were not reloaded, those of before stay valid: ${reason}\n`)
}

async function endAfterFailure(node: SwarmNode, reason: string): Promise<void> {
  process.stderr.write(`amos: the store failed: ${reason}; the process ends, to be started again\n`)
  setTimeout(() => endProcess(EXIT_CODES.storeFailed), CLOSE_AFTER_FAILURE_MS)
  try {
    await node.close()
  } catch (error) {
    process.stderr.write(`amos: ${error instanceof Error ? error.message : String(error)}\n`)
  }
  endProcess(EXIT_CODES.storeFailed)
}
