import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keyClaimDefect } from '#domain/consensus/possession.ts'
import { signBytes } from '#domain/consensus/sign-bytes.ts'
import type { SignedBallot } from '#domain/consensus/signed-messages.ts'
import { agentId } from '#domain/model/ids.ts'
import { Ed25519Verifier } from '#infra/system/ed25519-verifier.ts'
import { type AgentNotice, type OpenProposal, SwarmAgent, type SwarmAgentOptions } from '#sdk/index.ts'
import { eventually } from '../../helpers/eventually.ts'
import { type HubChannel, ScriptedHub } from './scripted-hub.ts'
import { PLACE, ProposalScript, registeredKey } from './voting-script.ts'

const verifier = new Ed25519Verifier()

describe('SwarmAgent, as a voter', () => {
  let hub: ScriptedHub
  let stateDir: string
  let notices: AgentNotice[]
  const agents: SwarmAgent[] = []

  beforeEach(async () => {
    hub = await ScriptedHub.listen()
    stateDir = mkdtempSync(join(tmpdir(), 'amos-voting-'))
    notices = []
  })
  afterEach(async () => {
    await Promise.all(agents.splice(0).map((agent) => agent.close()))
    await hub.close()
    rmSync(stateDir, { recursive: true, force: true })
  })

  const start = (options: Partial<SwarmAgentOptions> = {}) => startKeyless({ stateDir, ...options })

  async function startKeyless(options: Partial<SwarmAgentOptions> = {}): Promise<SwarmAgent> {
    const onNotice = (notice: AgentNotice) => notices.push(notice)
    const agent = new SwarmAgent({ url: hub.url, agentId: 'ada', onNotice, ...options })
    agents.push(agent)
    await agent.start()
    return agent
  }

  const ballotsIn = (channel: HubChannel): SignedBallot[] =>
    channel.frames.flatMap((frame) =>
      frame.type === 'consensus' && frame.body.kind === 'statement' && frame.body.message.kind === 'ballot'
        ? [frame.body.message as unknown as SignedBallot]
        : [],
    )
  const firstBallot = (channel: HubChannel) => eventually(() => ballotsIn(channel)[0], { what: 'a ballot' })
  const errorsIn = () => notices.flatMap((notice) => (notice.type === 'error' ? [notice.error.message] : []))

  function keyDirectories(): string[] {
    const own = join(stateDir, 'acme', 'default', 'ada')
    return readdirSync(own).flatMap((name) => (name.startsWith('key-') ? [join(own, name)] : []))
  }

  describe('and its key', () => {
    it('registers it with a proof, and the same one in the next run', async () => {
      await (await start()).close()
      await start()
      const [first, second] = hub.registrations
      expect(second?.['voterKey']).toEqual(first?.['voterKey'])
      const claim = first?.['voterKey'] as Pick<Parameters<typeof keyClaimDefect>[0], 'publicKey' | 'proof'>
      expect(keyClaimDefect({ ...PLACE, agentId: agentId('ada'), ...claim }, verifier)).toBeUndefined()
    })

    it('leaves it to the hub where it has no directory for it', async () => {
      await startKeyless()
      expect(hub.registrations[0]).not.toHaveProperty('voterKey')
    })

    it('needs to know its own id, and to register itself', () => {
      expect(() => new SwarmAgent({ url: hub.url, stateDir })).toThrow(TypeError)
      expect(() => new SwarmAgent({ url: hub.url, agentId: 'ada', token: 't', stateDir })).toThrow(TypeError)
    })

    it('is another one for another agent in the same directory', async () => {
      await start()
      await start({ agentId: 'bob' })
      expect(registeredKey(hub, 1)).not.toBe(registeredKey(hub))
    })

    it('is not shared with a second run at the same time', async () => {
      await start()
      await expect(start()).rejects.toThrow(`is in use by process ${process.pid}: one agent at a time`)
    })

    it.each(['signed.jsonl', 'election.json', 'key.pem'])(
      'is given up for good where %s is gone',
      async (file) => {
        await (await start()).close()
        const [directory] = keyDirectories()
        rmSync(join(directory ?? '', file))
        await (await start()).close()
        await start()
        expect(registeredKey(hub, 1)).not.toBe(registeredKey(hub))
        expect(registeredKey(hub, 2)).toBe(registeredKey(hub, 1))
        const replaced = notices.filter(({ type }) => type === 'voter_key_replaced')
        expect(replaced).toEqual([{ type: 'voter_key_replaced', reason: `${file} is missing` }])
      },
    )
  })

  describe('that holds its own key', () => {
    it('is asked with the payload it judges, and signs what its handler says', async () => {
      const asked: OpenProposal[] = []
      await start({
        onProposal: (proposal) => {
          asked.push(proposal)
          return { choice: 'approve', reason: 'looks fine' }
        },
      })
      const channel = await hub.channel()
      const script = new ProposalScript(registeredKey(hub))
      script.open(channel)
      const ballot = await firstBallot(channel)
      expect(ballot).toMatchObject({ voter: 'ada', choice: 'approve', reason: 'looks fine' })
      expect(verifier.verify(registeredKey(hub), signBytes(script.instance, ballot), ballot.signature)).toBe(
        true,
      )
      expect(asked).toMatchObject([{ proposalId: 'merge-42', payload: { n: 42 }, proposedBy: 'ci' }])
      expect(asked[0]?.voters.map(({ agentId: name }) => name)).toEqual(['ada', 'bob', 'cy', 'dee'])
    })

    it('is asked once, and says the same again after a reconnect and a restart', async () => {
      let askedCount = 0
      const onProposal = () => {
        askedCount += 1
        return { choice: 'approve', reason: `answer ${askedCount}` }
      }
      const agent = await start({ onProposal })
      const first = await hub.channel()
      const script = new ProposalScript(registeredKey(hub))
      script.open(first)
      const ballot = await firstBallot(first)
      first.socket.terminate()
      const second = await hub.channel(1)
      expect(await firstBallot(second)).toEqual(ballot)
      script.open(second)
      await agent.close()
      await start({ onProposal })
      const third = await hub.channel(2)
      script.open(third)
      expect(await firstBallot(third)).toEqual(ballot)
      expect(askedCount).toBe(1)
    })

    it('votes on nothing whose payload is not what it would sign', async () => {
      const asked: string[] = []
      await start({
        onProposal: ({ proposalId }) => {
          asked.push(proposalId)
          return { choice: 'approve' }
        },
      })
      const channel = await hub.channel()
      const script = new ProposalScript(registeredKey(hub))
      script.open(channel, { payload: '{"n":43}' as typeof script.opened.payload })
      const other = new ProposalScript(registeredKey(hub), { id: 'other' })
      other.open(channel)
      await firstBallot(channel)
      expect(asked).toEqual(['other'])
      expect(errorsIn()).toEqual(['the payload of the proposal merge-42 is not what its voters sign'])
    })

    it('votes on nothing by a key that is not its own any more, or without a vote', async () => {
      await start({ onProposal: () => ({ choice: 'approve' }) })
      const channel = await hub.channel()
      new ProposalScript(new ProposalScript(undefined).opened.electorate[0]?.publicKey).open(channel)
      const { opened } = new ProposalScript(registeredKey(hub), { id: 'without' })
      new ProposalScript(registeredKey(hub), { id: 'without' }).open(channel, {
        electorate: opened.electorate.slice(1),
      })
      new ProposalScript(registeredKey(hub), { id: 'own' }).open(channel)
      await firstBallot(channel)
      const statements = channel.frames.flatMap((frame) => (frame.type === 'consensus' ? [frame.body] : []))
      expect(new Set(statements.map((body) => 'proposalId' in body && body.proposalId))).toEqual(
        new Set(['own']),
      )
    })

    it('casts no ballot where its handler throws, abstains, or answers what is no option', async () => {
      const answers: Record<string, () => { choice: string } | null> = {
        throws: () => {
          throw new Error('no idea')
        },
        abstains: () => null,
        wrong: () => ({ choice: 'maybe' }),
        right: () => ({ choice: 'reject' }),
      }
      await start({ onProposal: ({ proposalId }) => answers[proposalId]?.() ?? null })
      const channel = await hub.channel()
      for (const id of Object.keys(answers)) new ProposalScript(registeredKey(hub), { id }).open(channel)
      await firstBallot(channel)
      expect(ballotsIn(channel).map(({ choice }) => choice)).toEqual(['reject'])
      expect(errorsIn()).toEqual(['no idea', 'not a ballot for wrong: a ballot is for no option'])
    })

    it('stops thinking about what is closed, and never signs for it again', async () => {
      const signals: AbortSignal[] = []
      await start({
        onProposal: ({ signal, proposalId }) => {
          signals.push(signal)
          if (proposalId === 'next') return { choice: 'approve' }
          return new Promise((resolve) =>
            signal.addEventListener('abort', () => resolve({ choice: 'approve' })),
          )
        },
      })
      const channel = await hub.channel()
      const script = new ProposalScript(registeredKey(hub))
      script.open(channel)
      await eventually(() => signals.length === 1)
      script.close(channel)
      await eventually(() => signals[0]?.aborted)
      new ProposalScript(registeredKey(hub), { id: 'next' }).open(channel)
      await firstBallot(channel)
      expect(ballotsIn(channel)).toHaveLength(1)
    })

    it('asks after what it never said anything to: nothing it says again would have the hub tell it', async () => {
      let isAsked = false
      await start({
        onProposal: () => {
          isAsked = true
          return null
        },
      })
      const first = await hub.channel()
      const script = new ProposalScript(registeredKey(hub))
      script.open(first)
      await eventually(() => isAsked)
      first.socket.terminate()
      const second = await hub.channel(1)
      const { body } = await second.frame('consensus')
      expect(body).toEqual({ kind: 'ask', proposalId: script.opened.proposalId })
    })

    it('asks after what ended while it was away, and is done with it', async () => {
      const onProposal = () => ({ choice: 'approve' })
      const agent = await start({ onProposal })
      const script = new ProposalScript(registeredKey(hub))
      const first = await hub.channel()
      script.open(first)
      await firstBallot(first)
      await agent.close()
      await start({ onProposal })
      const second = await hub.channel(1)
      expect((await second.frame('consensus')).body).toEqual({ kind: 'ask', proposalId: 'merge-42' })
      script.close(second)
      const [own = ''] = keyDirectories()
      const journal = () => readFileSync(join(own, 'signed.jsonl'), 'utf8')
      await eventually(() => expect(journal()).toContain('{"ended":"merge-42"}'))
      script.open(second)
      new ProposalScript(registeredKey(hub), { id: 'next' }).open(second)
      await firstBallot(second)
      expect(ballotsIn(second)).toHaveLength(1)
    })
  })

  describe('whose key the hub holds', () => {
    it('says what it wants until the hub has taken it, once for each connection', async () => {
      let askedCount = 0
      await startKeyless({
        onProposal: () => {
          askedCount += 1
          return { choice: 'reject', reason: 'too early' }
        },
      })
      const first = await hub.channel()
      const script = new ProposalScript(undefined)
      script.open(first)
      const said = await first.frame('consensus')
      expect(said.body).toEqual({
        kind: 'choice',
        proposalId: 'merge-42',
        choice: 'reject',
        reason: 'too early',
      })
      first.refuse(said, 'overloaded', 503, true)
      const again = await first.frame('consensus', first.frames.indexOf(said) + 1)
      first.ack(again)
      first.socket.terminate()
      const second = await hub.channel(1)
      expect((await second.frame('consensus')).body).toEqual(said.body)
      script.open(second)
      expect(askedCount).toBe(1)
    })

    it('hears why the hub does not take its choice', async () => {
      await startKeyless({ onProposal: () => ({ choice: 'approve' }) })
      const channel = await hub.channel()
      new ProposalScript(undefined).open(channel)
      const said = await channel.frame('consensus')
      channel.refuse(said, 'ballot_refused', 409)
      await eventually(() => expect(errorsIn()).toEqual(['because of ballot_refused']))
    })

    it('takes nobody at his word for a decision', async () => {
      const decisions: unknown[] = []
      await startKeyless({
        onDecision: (decision) => decisions.push(decision),
        onProposal: () => ({ choice: 'approve' }),
      })
      const channel = await hub.channel()
      const script = new ProposalScript(undefined)
      script.open(channel)
      channel.send({
        type: 'consensus',
        body: { kind: 'certificate', proposalId: 'merge-42', certificate: {} as never },
      })
      await channel.frame('consensus')
      expect(decisions).toEqual([])
    })
  })
})
