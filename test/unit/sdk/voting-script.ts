import type { ConsensusNotice as SentNotice } from '#contract/index.ts'
import type { ConsensusNotice, OpenedProposal } from '#domain/consensus/consensus-message.ts'
import { createElectorate, type Voter } from '#domain/consensus/electorate.ts'
import { createInstance, type DecisionInstance } from '#domain/consensus/instance.ts'
import { DEFAULT_THRESHOLD, type Proposal } from '#domain/consensus/proposal.ts'
import { utf8 } from '#domain/consensus/utf8.ts'
import { type PublicKey, publicKey } from '#domain/model/hex.ts'
import { agentId, jsonText, proposalId, swarmId, tenantId } from '#domain/model/ids.ts'
import { sha256Hasher } from '#infra/system/sha256-hasher.ts'
import { ed25519VoterKey } from '../../helpers/decision/ed25519-voter-key.ts'
import type { HubChannel, ScriptedHub } from './scripted-hub.ts'

/** Where the scripted hub's swarm is. */
export const PLACE = { tenantId: tenantId('acme'), swarmId: swarmId('default') }

/** The key that the agent's `run`-th run registered. */
export function registeredKey(hub: ScriptedHub, run = 0): PublicKey {
  const claim = hub.registrations[run]?.['voterKey'] as { publicKey: string } | undefined
  return publicKey(claim?.publicKey ?? 'none')
}

export function say(channel: HubChannel, notice: ConsensusNotice): void {
  channel.send({ type: 'consensus', body: notice as unknown as SentNotice })
}

export interface ProposalSpec {
  readonly id?: string
  readonly payload?: unknown
  readonly proposal?: Partial<Proposal>
}

/** A proposal that ada votes on with bob, cy and dee, as a hub opens it. */
export class ProposalScript {
  readonly opened: OpenedProposal
  readonly instance: DecisionInstance

  /** @param ada undefined where the hub holds her key */
  constructor(
    ada: PublicKey | undefined,
    { id = 'merge-42', payload = { n: 42 }, proposal }: ProposalSpec = {},
  ) {
    const others = ['bob', 'cy', 'dee'].map(
      (name): Voter => ({
        agentId: agentId(name),
        publicKey: ed25519VoterKey(name).publicKey,
        weight: 1,
        custody: 'self',
      }),
    )
    const self: Voter = {
      agentId: agentId('ada'),
      publicKey: ada ?? ed25519VoterKey('hosted').publicKey,
      weight: 1,
      custody: ada === undefined ? 'hub' : 'self',
    }
    const text = JSON.stringify(payload)
    const asked: Proposal = {
      title: 'Merge?',
      payloadHash: sha256Hasher.sha256(utf8(text)),
      mode: 'approval',
      options: ['approve', 'reject'],
      threshold: DEFAULT_THRESHOLD,
      deadlineMs: 60_000,
      proposedBy: 'ci',
      ...proposal,
    }
    const place = { ...PLACE, proposalId: proposalId(id) }
    const electorate = createElectorate([self, ...others], sha256Hasher)
    this.instance = createInstance(place, asked, electorate, sha256Hasher)
    this.opened = {
      ...place,
      proposal: asked,
      electorate: electorate.voters,
      payload: jsonText(text),
      isCancelled: false,
    }
  }

  open(channel: HubChannel, changes: Partial<OpenedProposal> = {}): void {
    say(channel, { kind: 'opened', ...this.opened, ...changes })
  }

  close(channel: HubChannel): void {
    say(channel, { kind: 'closed', proposalId: this.opened.proposalId })
  }
}
