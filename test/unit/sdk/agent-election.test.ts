import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { CommitteeMember, ConsensusMessage } from '#domain/consensus/consensus-message.ts'
import type { RaftMessage } from '#domain/consensus/raft/raft-message.ts'
import { electorateEpoch, term } from '#domain/consensus/raft/term.ts'
import { voteBytes, voteCertificateDefect } from '#domain/consensus/raft/vote-certificate.ts'
import { agentId } from '#domain/model/ids.ts'
import { Ed25519Verifier } from '#infra/system/ed25519-verifier.ts'
import { type AgentNotice, SwarmAgent } from '#sdk/index.ts'
import { ed25519VoterKey } from '../../helpers/decision/ed25519-voter-key.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type HubChannel, ScriptedHub } from './scripted-hub.ts'
import { PLACE, ProposalScript, registeredKey, say } from './voting-script.ts'

const ada = agentId('ada')
const bob = agentId('bob')
const cy = agentId('cy')
type Said<K extends ConsensusMessage['kind']> = Extract<ConsensusMessage, { kind: K }>
type SaidMessage<T extends RaftMessage['type']> = Extract<RaftMessage, { type: T }>

describe('SwarmAgent, as a voter in elections', () => {
  let hub: ScriptedHub
  let stateDir: string
  let notices: AgentNotice[]
  const agents: SwarmAgent[] = []

  beforeEach(async () => {
    hub = await ScriptedHub.listen()
    stateDir = mkdtempSync(join(tmpdir(), 'amos-election-'))
    notices = []
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await hub.close()
    rmSync(stateDir, { recursive: true, force: true })
  })

  async function start(): Promise<SwarmAgent> {
    const onNotice = (notice: AgentNotice) => notices.push(notice)
    const onProposal = () => ({ choice: 'approve' })
    const agent = new SwarmAgent({ url: hub.url, agentId: 'ada', stateDir, onNotice, onProposal })
    agents.push(agent)
    await agent.start()
    return agent
  }

  const members = (...names: string[]): CommitteeMember[] =>
    names.map((name) => ({
      agentId: agentId(name),
      publicKey: name === 'ada' ? registeredKey(hub) : ed25519VoterKey(name).publicKey,
    }))

  function elect(channel: HubChannel, epoch: number, voters: string[], candidates: string[] = []): void {
    say(channel, {
      kind: 'electorate',
      epoch: electorateEpoch(epoch),
      voters: members(...voters),
      candidates: members(...candidates),
    })
  }

  const saidIn = (channel: HubChannel): ConsensusMessage[] =>
    channel.frames.flatMap((frame) =>
      frame.type === 'consensus' ? [frame.body as unknown as ConsensusMessage] : [],
    )

  function said<K extends ConsensusMessage['kind']>(channel: HubChannel, kind: K): Promise<Said<K>> {
    const find = () => saidIn(channel).find((body) => body.kind === kind) as Said<K> | undefined
    return eventually(find, { what: () => `${kind}; said: ${JSON.stringify(saidIn(channel))}` })
  }

  function sent<T extends RaftMessage['type']>(channel: HubChannel, type: T): Promise<SaidMessage<T>> {
    return eventually(
      () =>
        saidIn(channel)
          .flatMap((body) => (body.kind === 'election' ? [body.message] : []))
          .find((message): message is SaidMessage<T> => message.type === type),
      { what: type },
    )
  }

  /** Bob answers as a voter who wants ada. */
  async function letAdaWin(channel: HubChannel): Promise<Said<'leadership'>> {
    const asked = await sent(channel, 'pre_vote')
    const { epoch } = asked
    const header = { epoch, term: asked.term, from: bob, to: ada }
    say(channel, { kind: 'election', message: { type: 'pre_vote_reply', ...header, isGranted: true } })
    await sent(channel, 'vote_request')
    const bytes = voteBytes(PLACE, { epoch, term: asked.term, voter: bob, candidate: ada })
    const signature = ed25519VoterKey('bob').sign(bytes)
    say(channel, { kind: 'election', message: { type: 'vote_grant', ...header, signature } })
    return said(channel, 'leadership')
  }

  it('wins with the signed votes of a majority, and shows them', async () => {
    await start()
    const channel = await hub.channel()
    elect(channel, 1, ['ada', 'bob', 'cy'])
    const { certificate } = await letAdaWin(channel)
    expect(certificate).toMatchObject({ epoch: 1, term: 1, leaderId: 'ada', voters: ['ada', 'bob', 'cy'] })
    const trusted = new Map(members('ada', 'bob', 'cy').map((one) => [one.agentId, one.publicKey]))
    expect(voteCertificateDefect(PLACE, certificate, trusted, new Ed25519Verifier())).toBeUndefined()
  })

  it('says so again after a reconnect, and that it leads no more once another does', async () => {
    await start()
    const first = await hub.channel()
    elect(first, 1, ['ada'])
    const { certificate } = await said(first, 'leadership')
    first.socket.terminate()
    const second = await hub.channel(1)
    expect((await said(second, 'leadership')).certificate).toEqual(certificate)
    elect(second, 2, ['ada', 'bob'])
    expect(await said(second, 'resigned')).toMatchObject({ epoch: 1, term: certificate.term })
  })

  it('says again which committee was agreed on when it is asked for what is so already', async () => {
    await start()
    const channel = await hub.channel()
    elect(channel, 1, ['ada', 'bob'])
    const { certificate } = await letAdaWin(channel)
    const { epoch, term: inTerm } = certificate
    const accepted = { isAccepted: true, index: 1 }
    say(channel, {
      kind: 'election',
      message: { type: 'append_reply', epoch, term: inTerm, from: bob, to: ada, ...accepted },
    })
    const withoutBob = { kind: 'change_voters' as const, change: { type: 'remove' as const, agentId: bob } }
    say(channel, withoutBob)
    const agreed = await said(channel, 'committee')
    expect(agreed.voters).toEqual([ada])
    channel.frames.length = 0
    say(channel, withoutBob)
    expect(await said(channel, 'committee')).toEqual(agreed)
  })

  it('follows who else leads, and answers its heartbeats', async () => {
    await start()
    const channel = await hub.channel()
    elect(channel, 1, ['ada', 'bob', 'cy'])
    await sent(channel, 'pre_vote')
    const header = { epoch: electorateEpoch(1), term: term(3), from: cy, to: ada }
    const entry = { index: 1, term: term(3), voters: [ada, bob, cy] }
    const place = { previousIndex: 0, previousTerm: term(0), entries: [entry], commitIndex: 0 }
    say(channel, { kind: 'election', message: { type: 'append', ...header, ...place } })
    expect(await sent(channel, 'append_reply')).toMatchObject({
      term: 3,
      to: 'cy',
      isAccepted: true,
      index: 1,
    })
  })

  it('says which committee was agreed on, and takes part in it when it is spoken to', async () => {
    await start()
    const channel = await hub.channel()
    elect(channel, 1, ['bob'], ['ada'])
    const header = { epoch: electorateEpoch(1), term: term(1), from: bob, to: ada }
    const entries = [{ index: 1, term: term(1), voters: [bob, ada] }]
    const place = { previousIndex: 0, previousTerm: term(0), entries, commitIndex: 1 }
    // As a leader does that hears nothing: what comes while the voter starts is lost.
    await eventually(() => {
      say(channel, { kind: 'election', message: { type: 'append', ...header, ...place } })
      return saidIn(channel).some(({ kind }) => kind === 'election')
    })
    expect(await said(channel, 'committee')).toMatchObject({ epoch: 1, index: 1, voters: ['bob', 'ada'] })
  })

  it('stays out where it is neither in the committee nor to be taken in', async () => {
    await start()
    const channel = await hub.channel()
    elect(channel, 1, ['bob', 'cy'])
    const header = { epoch: electorateEpoch(1), term: term(1), from: bob, to: ada }
    say(channel, {
      kind: 'election',
      message: { type: 'vote_request', ...header, lastIndex: 0, lastTerm: term(0), isTransfer: false },
    })
    new ProposalScript(registeredKey(hub)).open(channel)
    await said(channel, 'statement')
    expect(saidIn(channel).filter(({ kind }) => kind !== 'statement')).toEqual([])
  })

  it('goes on in the terms of the run before', async () => {
    const agent = await start()
    const first = await hub.channel()
    elect(first, 1, ['ada'])
    const { certificate } = await said(first, 'leadership')
    await agent.close()
    await start()
    const second = await hub.channel(1)
    elect(second, 1, ['ada'])
    expect((await said(second, 'leadership')).certificate.term).toBeGreaterThan(certificate.term)
  })

  it('does not vote in an epoch older than one it has voted in', async () => {
    const agent = await start()
    const first = await hub.channel()
    elect(first, 5, ['ada'])
    await said(first, 'leadership')
    await agent.close()
    await start()
    const second = await hub.channel(1)
    elect(second, 2, ['ada'])
    const told = () => notices.flatMap((notice) => (notice.type === 'error' ? [notice.error.message] : []))
    await eventually(() =>
      expect(told()).toEqual(['the swarm elects in epoch 2, but this agent has voted in epoch 5']),
    )
    elect(second, 6, ['ada'])
    expect((await said(second, 'leadership')).certificate.epoch).toBe(6)
  })

  it('votes on nothing more once it cannot put its votes on record', async () => {
    await start()
    const channel = await hub.channel()
    const own = join(stateDir, 'acme', 'default', 'ada')
    for (const name of readdirSync(own))
      if (name.startsWith('key-')) rmSync(join(own, name), { recursive: true })
    elect(channel, 1, ['ada'])
    await eventually(() => notices.some(({ type }) => type === 'voting_halted'))
    new ProposalScript(registeredKey(hub)).open(channel)
    channel.assign('t1')
    await channel.frame('task.fail')
    expect(saidIn(channel)).toEqual([])
  })
})
