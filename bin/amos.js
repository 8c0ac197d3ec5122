#!/usr/bin/env node
// The command of the installed package. It is plain JavaScript under version control, so that the link that npm makes
// to it stays valid before the first build of a clone.
import { existsSync } from 'node:fs'

const main = new URL('../dist/cli/main.js', import.meta.url)
if (existsSync(main)) {
  await import(main.href)
} else {
  process.stderr.write(
    'amos: this clone is not built. Run `npm run build` first, or use `npm run amos -- …`, which needs no build.\n',
  )
  process.exitCode = 78
}
