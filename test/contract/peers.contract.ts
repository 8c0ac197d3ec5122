import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { isSwarmError, SwarmError } from '#domain/model/errors.ts'
import { agentId, type NodeId, nodeId, type Scope, swarmEpoch } from '#domain/model/ids.ts'
import type { PeerCall, PeerNews, PeerNotice } from '#domain/ports/peers.ts'
import type { Infra } from '#infra/infra.ts'
import { eventually } from '../helpers/eventually.ts'
import { freshScope } from './infra-under-test.ts'
import type { NodesUnderTest, SetupNodes } from './nodes-under-test.ts'

const LONGER_THAN_BETWEEN_TWO_LOOKS_MS = 700

/** A node and what it heard. */
class Listening {
  readonly infra: Infra
  readonly notices: { readonly notice: PeerNotice; readonly from: NodeId }[] = []
  readonly unreceived: { readonly notice: PeerNotice; readonly to: NodeId }[] = []
  readonly lost: NodeId[] = []
  missedCount = 0
  readonly news: PeerNews[] = []
  readonly appended: { readonly scope: Scope; readonly lastSequence: number }[] = []
  answer: (call: PeerCall, from: NodeId) => Promise<unknown> = async () => null
  onNotice: (notice: PeerNotice) => void = () => {}

  constructor(infra: Infra) {
    this.infra = infra
  }

  get id(): NodeId {
    return this.infra.peers.nodeId
  }

  start(): Promise<void> {
    return this.infra.peers.start({
      call: (call, from) => this.answer(call, from),
      notice: (notice, from) => {
        this.notices.push({ notice, from })
        this.onNotice(notice)
      },
      cutOff: () => {},
      unreceived: (peer, notices) => this.unreceived.push(...notices.map((notice) => ({ notice, to: peer }))),
      missed: () => {
        this.missedCount += 1
      },
      news: (news) => this.news.push(news),
      peerLost: (peer) => this.lost.push(peer),
      appended: (scope, lastSequence) => this.appended.push({ scope, lastSequence }),
    })
  }

  call(to: Listening, argument: unknown): Promise<unknown> {
    return this.infra.peers.call(to.id, { scope: freshScope(), method: 'do', argument })
  }

  notify(to: Listening, body: unknown): void {
    this.infra.peers.notify(to.id, { scope: freshScope(), epoch: swarmEpoch(1), topic: 'news', body })
  }
}

/** What every Peers for many nodes owes; see `domain/ports/peers.ts`. */
export function describePeers(adapterName: string, setup: SetupNodes): void {
  describe(`Peers contract: ${adapterName}`, () => {
    let t: NodesUnderTest
    let ada: Listening
    let bob: Listening
    let eve: Listening

    beforeEach(async () => {
      t = await setup()
      const [first, second, third] = t.nodes
      ;[ada, bob, eve] = [new Listening(first), new Listening(second), new Listening(third)]
      await Promise.all([ada, bob, eve].map((node) => node.start()))
    })
    afterEach(() => t.teardown())

    it('is not alone', () => {
      expect(ada.infra.peers.isAlone).toBe(false)
    })

    it('brings a call to the peer, and its answer back', async () => {
      bob.answer = async ({ method, argument }, from) => ({ method, argument, from })
      const argument = { text: '漢字 🦜', list: [1, null, { deep: true }] }
      expect(await ada.call(bob, argument)).toEqual({ method: 'do', argument, from: ada.id })
    })

    it('answers each of 500 calls under way with its own answer', async () => {
      bob.answer = async ({ argument }) => Number(argument) * 2
      const answers = await Promise.all(Array.from({ length: 500 }, (_, index) => ada.call(bob, index)))
      expect(answers).toEqual(Array.from({ length: 500 }, (_, index) => index * 2))
    })

    it('brings a call of 200 000 characters', async () => {
      bob.answer = async ({ argument }) => String(argument).length
      expect(await ada.call(bob, 'ü'.repeat(200_000))).toBe(200_000)
    })

    it('rejects with the SwarmError that the peer threw', async () => {
      const details = { agentId: agentId('a-1') }
      bob.answer = () => Promise.reject(new SwarmError('agent_not_found', details))
      const error: unknown = await ada.call(bob, null).catch((thrown: unknown) => thrown)
      expect(isSwarmError(error, 'agent_not_found')).toBe(true)
      expect(error).toMatchObject({ code: 'agent_not_found', details, retryable: false })
    })

    it('rejects with a plain error when the peer failed by a bug', async () => {
      bob.answer = () => Promise.reject(new TypeError('oops'))
      const error: unknown = await ada.call(bob, null).catch((thrown: unknown) => thrown)
      expect(isSwarmError(error)).toBe(false)
      expect(String(error)).toContain('oops')
    })

    it('gives up a call to a node that does not exist', async () => {
      const nobody = ada.infra.peers.call(nodeId('nobody'), {
        scope: freshScope(),
        method: 'do',
        argument: 1,
      })
      await expect(nobody).rejects.toMatchObject({ code: 'coordinator_unavailable' })
    })

    it('reports a notice to a node that does not exist', async () => {
      const notice = { scope: freshScope(), epoch: swarmEpoch(1), topic: 'news', body: { text: 'ü' } }
      ada.infra.peers.notify(nodeId('nobody'), notice)
      await eventually(() => ada.unreceived.length > 0)
      expect(ada.unreceived).toEqual([{ notice, to: 'nobody' }])
    })

    it('gives up a call that is not answered in time', async () => {
      bob.answer = () => new Promise(() => {})
      await expect(ada.call(bob, 1)).rejects.toMatchObject({ code: 'coordinator_unavailable' })
    })

    it('brings the notices of one node to another in the order they were sent', async () => {
      const count = 3_000
      for (let index = 0; index < count; index += 1) {
        ada.notify(bob, index)
        if (index % 500 === 0) await new Promise((resolve) => setImmediate(resolve))
      }
      await eventually(() => bob.notices.length >= count)
      expect(bob.notices.map(({ notice }) => notice.body)).toEqual(
        Array.from({ length: count }, (_, index) => index),
      )
      expect(bob.notices.every(({ from }) => from === ada.id)).toBe(true)
      expect(eve.notices).toEqual([])
    })

    it('keeps the order of calls and notices between two nodes', async () => {
      const heard: unknown[] = []
      bob.onNotice = ({ body }) => heard.push(body)
      bob.answer = async ({ argument }) => heard.push(argument)
      ada.notify(bob, 1)
      const answered = ada.call(bob, 2)
      ada.notify(bob, 3)
      await answered
      await eventually(() => heard.length === 3)
      expect(heard).toEqual([1, 2, 3])
    })

    it('hears the next notice though one could not be dealt with', async () => {
      bob.onNotice = ({ body }) => {
        if (body === 'bad') throw new TypeError('oops')
      }
      ada.notify(bob, 'bad')
      ada.notify(bob, 'good')
      await eventually(() => bob.notices.length === 2)
      expect(bob.notices.at(-1)?.notice.body).toBe('good')
    })

    it('drops a notice to a node that is not there, without harm', async () => {
      ada.infra.peers.notify(nodeId('nobody'), {
        scope: freshScope(),
        epoch: swarmEpoch(1),
        topic: 'news',
        body: 1,
      })
      ada.notify(bob, 2)
      await eventually(() => bob.notices.length > 0)
      expect(bob.notices.map(({ notice }) => notice.body)).toEqual([2])
    })

    it('tells every other node, and not itself, what is for all', async () => {
      const news = { scope: freshScope(), topic: 'news', body: { for: 'all' } }
      ada.infra.peers.notifyAll(news)
      await eventually(() => bob.news.length > 0 && eve.news.length > 0)
      expect(bob.news).toEqual([news])
      expect(eve.news).toEqual([news])
      bob.infra.peers.notifyAll(news)
      await eventually(() => ada.news.length > 0)
      expect(ada.news).toEqual([news])
    })

    it('announces new events to the nodes that watch the swarm, and to no other', async () => {
      const scope = freshScope()
      bob.infra.peers.watch(scope)
      ada.infra.peers.watch(scope)
      await eventually(() => {
        ada.infra.peers.announceAppended(scope, 7)
        return bob.appended.length > 0
      })
      expect(bob.appended.at(-1)).toEqual({ scope, lastSequence: 7 })
      expect(ada.appended).toEqual([])
      expect(eve.appended).toEqual([])
    })

    it('announces until the last watcher of a node has gone', async () => {
      const [scope, other] = [freshScope(), freshScope()]
      bob.infra.peers.watch(scope)
      bob.infra.peers.watch(scope)
      bob.infra.peers.watch(other)
      bob.infra.peers.unwatch(scope)
      const heardOf = (watched: Scope): number =>
        bob.appended.findLast((announcement) => announcement.scope === watched)?.lastSequence ?? 0
      await eventually(() => {
        ada.infra.peers.announceAppended(scope, 1)
        return heardOf(scope) === 1
      })
      bob.infra.peers.unwatch(scope)
      // Commands of one connection are carried out in order, so the end of one watch is past when the next is heard.
      const third = freshScope()
      bob.infra.peers.watch(third)
      await eventually(() => {
        ada.infra.peers.announceAppended(third, 1)
        return heardOf(third) === 1
      })
      ada.infra.peers.announceAppended(scope, 2)
      await new Promise((resolve) => setImmediate(resolve))
      ada.infra.peers.announceAppended(other, 3)
      await eventually(() => heardOf(other) === 3)
      expect(heardOf(scope)).toBe(1)
    })

    it('tells every other node when one has stopped, and ends the calls to it', async () => {
      bob.answer = () => new Promise(() => {})
      const unanswered = ada.call(bob, 1).catch((error: unknown) => error)
      // Who comes and goes between two looks is never missed.
      await delay(LONGER_THAN_BETWEEN_TWO_LOOKS_MS)
      await bob.infra.peers.stop()
      await eventually(() => ada.lost.includes(bob.id) && eve.lost.includes(bob.id), { timeoutMs: 4_000 })
      expect(await unanswered).toMatchObject({ code: 'coordinator_unavailable' })
      expect(ada.lost).not.toContain(eve.id)
    })
  })
}
