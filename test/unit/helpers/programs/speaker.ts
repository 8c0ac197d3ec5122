/** A program for the tests of `test/helpers/process.ts`: says hello, serves HTTP, and obeys its arguments. */
import { createServer } from 'node:http'
import { greeting } from './greeting.ts'

const isDeaf = process.argv.includes('--deaf')
if (process.argv.includes('--fail')) {
  process.stderr.write('going down\n')
  process.exit(3)
}
process.on('SIGTERM', () => {
  if (!isDeaf) process.exit(0)
})
const server = createServer((_request, response) => response.end('ok'))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  process.stdout.write(`${greeting} http://127.0.0.1:${address.port}/\n`)
})
