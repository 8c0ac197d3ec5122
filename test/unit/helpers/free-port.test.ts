import { createServer } from 'node:net'
import { describe, expect, it } from 'vitest'
import { freePort } from '../../helpers/free-port.ts'

describe('freePort', () => {
  it('names a port that can be listened on, below those the kernel gives to outgoing connections', async () => {
    const port = await freePort()
    expect(port).toBeLessThan(32_768)
    const server = createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    await new Promise((resolve) => server.close(resolve))
  })
})
