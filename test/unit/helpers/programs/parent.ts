/** Starts a program through `test/helpers/process.ts` and prints its pid, then waits to be killed. */
import { spawnProcess } from '../../../helpers/process.ts'

process.stdout.write(`pid ${spawnProcess('sleep', ['300']).pid}\n`)
setInterval(() => undefined, 1_000)
