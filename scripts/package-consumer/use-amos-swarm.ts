/** Compiled and run by scripts/check-package.ts in a project that has only installed the package. */
import * as main from 'amos-swarm'
import * as browser from 'amos-swarm/client'
import * as contract from 'amos-swarm/contract'

/** Fails to compile where the package's types are not found, which would make everything `any`. */
type Typed<T> = 0 extends 1 & T ? never : T

const client: Typed<main.SwarmClient> = new browser.SwarmClient({ url: 'http://127.0.0.1:3000' })
const agentClass: Typed<typeof main.SwarmAgent> = main.SwarmAgent
const frames: Typed<typeof contract.AGENT_FRAMES> = contract.AGENT_FRAMES
console.log(
  `imported ${client.constructor.name}, ${agentClass.name} and ${Object.keys(frames).length} frames`,
)
