/** A fault proxy in a process of its own: what its parent is busy with does not slow down what goes through it. */

import type { ProxyOrder } from '../../helpers/chaos/proxy-process.ts'
import { FaultProxy } from '../../helpers/fault-proxy.ts'

const proxy = await FaultProxy.start({ targetPort: Number(process.argv[2]) })

process.on('message', (order: ProxyOrder) => {
  if (order.type === 'delay') proxy.delay(order.roundTripMs)
  else if (order.type === 'hold') proxy.hold(...order.directions)
  else if (order.type === 'hold_subscribers') proxy.holdSubscribers()
  else if (order.type === 'release_subscribers') proxy.releaseSubscribers()
  else if (order.type === 'cut_subscribers') proxy.cutSubscribers()
  else if (order.type === 'cut') proxy.cut()
  else proxy.release()
})

process.stdout.write(`listening on ${proxy.port}\n`)
