import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clientAddress } from '#server/connections/client-address.ts'
import {
  ConnectionGate,
  type ConnectionGateOptions,
  UPGRADED_ANONYMOUS_MS,
} from '#server/connections/connection-gate.ts'
import { ManualClock } from '#simulation/manual-clock.ts'

describe('ConnectionGate', () => {
  let clock: ManualClock
  let server: Server
  const clients: Socket[] = []
  const accepted: Socket[] = []

  beforeEach(() => {
    clock = new ManualClock()
    server = createServer()
    server.on('connection', (socket) => accepted.push(socket))
  })
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy()
    accepted.splice(0)
    server.close()
    await once(server, 'close')
  })

  async function gate(options: Partial<ConnectionGateOptions>): Promise<ConnectionGate> {
    const made = new ConnectionGate(
      { connectionsMax: 100, anonymousMax: 100, anonymousPerAddressMax: 100, ...options },
      { clock },
    )
    made.watch(server)
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return made
  }

  /** Opens one connection; resolves when the server has it. @param from another address of loopback */
  async function open(from = '127.0.0.1'): Promise<Socket> {
    const { port } = server.address() as AddressInfo
    const isAccepted = once(server, 'connection')
    const client = connect({ port, host: '127.0.0.1', localAddress: from })
    client.on('error', () => undefined)
    clients.push(client)
    await isAccepted
    return client
  }
  const isOpen = (): readonly boolean[] => accepted.map((socket) => !socket.destroyed)

  it('ends the oldest anonymous connection for a new one where there are too many of all', async () => {
    const connections = await gate({ connectionsMax: 3 })
    for (let count = 0; count < 3; count += 1) await open()
    connections.identified(accepted[0]!)
    await open()
    expect(isOpen()).toEqual([true, false, true, true])
    await open()
    expect(isOpen()).toEqual([true, false, false, true, true])
  })

  it('refuses a new connection only where all others have shown a credential', async () => {
    const connections = await gate({ connectionsMax: 2 })
    await open()
    await open()
    for (const socket of accepted) connections.identified(socket)
    await open()
    expect(isOpen()).toEqual([true, true, false])
  })

  it('keeps no more anonymous connections of one address than it may, and leaves the others alone', async () => {
    const connections = await gate({ anonymousPerAddressMax: 2 })
    await open('127.0.0.2')
    for (let count = 0; count < 5; count += 1) await open()
    expect(isOpen(), 'they are spared while they are young').toEqual(Array(6).fill(true))
    connections.identified(accepted[1]!)
    await clock.advanceAsync(1_500)
    expect(isOpen()).toEqual([true, true, false, false, true, true])
  })

  it('keeps no more anonymous connections of all addresses than it may', async () => {
    const connections = await gate({ anonymousMax: 2 })
    for (const last of [2, 3, 4, 5]) await open(`127.0.0.${last}`)
    await clock.advanceAsync(1_500)
    expect(isOpen()).toEqual([false, false, true, true])
    expect(connections.anonymousCount).toBe(2)
  })

  it('ends by force an upgraded connection that shows no credential, and only that one', async () => {
    const connections = await gate({})
    await open()
    await open()
    await open()
    connections.upgraded(accepted[0]!)
    connections.upgraded(accepted[1]!)
    connections.identified(accepted[1]!)
    await clock.advanceAsync(UPGRADED_ANONYMOUS_MS)
    expect(isOpen()).toEqual([false, true, true])
  })

  it('remembers nothing of connections that are gone', async () => {
    const connections = await gate({ anonymousPerAddressMax: 1 })
    const client = await open()
    client.destroy()
    await once(accepted[0]!, 'close')
    expect(connections.anonymousCount).toBe(0)
    await open()
    await clock.advanceAsync(5_000)
    expect(isOpen()).toEqual([false, true])
    expect(clock.timerCount).toBe(0)
  })
})

describe('clientAddress', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:0:1:aaaa::1', '2001:db8:0:1::/64'],
    ['2001:DB8:0:1:ffff:ffff:ffff:ffff', '2001:db8:0:1::/64'],
    ['2001:0db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    [undefined, 'unknown'],
  ])('counts %s as %s', (remote, address) => {
    expect(clientAddress(remote)).toBe(address)
  })
})
