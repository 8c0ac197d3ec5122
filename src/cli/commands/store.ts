import type { Command } from 'commander'
import type { StoreView } from '#contract/store.ts'
import { EXIT_CODES } from '#node/exit-codes.ts'
import { createOutput } from '../output/output.ts'
import { connect, type ServerOptions, withServerOptions } from '../server-options.ts'

const HELP = `
A store on Redis that was emptied, replaced or set back to older data is lost: the server takes no work until an
operator accepts the loss. Ends with 1 while the store takes no writes.

Examples:
  amos store                                                  state of the store
  amos store accept 6f1c9f0e-3d2b-4c55-9a53-0b8f5c1f7a21      go on with what Redis has now`

export function addStore(program: Command): void {
  const store = program
    .command('store')
    .description('state of the store; accept a loss')
    .addHelpText('after', HELP)
  withServerOptions(
    store.command('show', { isDefault: true }).description('show the state of the store (default)'),
  ).action(async (options: ServerOptions) => show(await connect(options).getStore(), options))
  withServerOptions(store.command('accept').description('accept that a store is lost'))
    .argument('<lostStoreId>', 'as `amos store` shows it')
    .action(async (lostStoreId: string, options: ServerOptions) =>
      show(await connect(options).acceptStoreLoss(lostStoreId), options),
    )
}

function show(view: StoreView, options: ServerOptions): void {
  const { isWritable, reason, durability, loss } = view
  const lines = [
    isWritable ? 'takes writes' : `takes no writes: ${reason ?? 'unknown'}`,
    `durability ${durability}`,
    ...(loss === undefined ? [] : [`lost store ${loss.lostStoreId} (${loss.reason}, ${loss.detectedAt})`]),
  ]
  const output = createOutput(options)
  output.json(view)
  output.text(lines.join('\n'))
  if (!isWritable) process.exitCode = EXIT_CODES.failed
}
