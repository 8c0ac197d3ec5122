import type { Scope } from '#domain/model/ids.ts'
import type { Coordination } from '#domain/ports/coordination.ts'
import type { PeerHandlers, Peers } from '#domain/ports/peers.ts'
import type { SimProcess } from './sim-process.ts'
import type { World } from './world.ts'

/** Claims, as a process that may be stopped or dead gets to know of them. */
export function simCoordination(inner: Coordination, process: SimProcess, world: World): Coordination {
  const { clock } = world
  const cross = async <T>(work: () => Promise<T>): Promise<T> => {
    await clock.wait(world.latencyMs())
    // Claims of the dead lapse; one that arrives after the death is as good as lapsed.
    return process.isDead ? new Promise<never>(() => undefined) : process.bring(work())
  }
  return {
    nodeId: inner.nodeId,
    claim: (scope, sequenceFloor) => cross(() => inner.claim(scope, sequenceFloor)),
    coordinatorOf: (scope) => cross(() => inner.coordinatorOf(scope)),
    coordinatorsOf: (scopes) => cross(() => inner.coordinatorsOf(scopes)),
    holds: (scope, epoch) => inner.holds(scope, epoch),
    release: (scope, successor) => cross(() => inner.release(scope, successor)),
    onLost: (listener) =>
      inner.onLost((scope: Scope) =>
        clock.setTimer(world.latencyMs(), () => process.run(() => listener(scope))),
      ),
  }
}

/** The other nodes, as such a process hears them. */
export function simPeers(inner: Peers, process: SimProcess): Peers {
  return {
    nodeId: inner.nodeId,
    isAlone: inner.isAlone,
    start: (handlers: PeerHandlers) =>
      inner.start({
        call: (call, from) =>
          new Promise((resolve, reject) =>
            process.run(() => void handlers.call(call, from).then(resolve, reject)),
          ),
        notice: (notice, from) => process.run(() => handlers.notice(notice, from)),
        news: (news) => process.run(() => handlers.news(news)),
        cutOff: () => process.run(() => handlers.cutOff()),
        missed: () => process.run(() => handlers.missed()),
        unreceived: (peer, notices) => process.run(() => handlers.unreceived(peer, notices)),
        peerLost: (peer) => process.run(() => handlers.peerLost(peer)),
        appended: (scope, lastSequence) => process.run(() => handlers.appended(scope, lastSequence)),
      }),
    present: () => inner.present(),
    call: (peer, call) => process.bring(inner.call(peer, call)),
    notify: (peer, notice) => inner.notify(peer, notice),
    notifyAll: (notice) => inner.notifyAll(notice),
    announceAppended: (scope, lastSequence) => inner.announceAppended(scope, lastSequence),
    watch: (scope) => inner.watch(scope),
    unwatch: (scope) => inner.unwatch(scope),
    stop: () => inner.stop(),
  }
}
