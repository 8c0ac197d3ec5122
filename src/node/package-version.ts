import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** The version of this package, as its package.json says. */
export function packageVersion(): string {
  const { version } = require('amos-swarm/package.json') as { readonly version: string }
  return version
}
