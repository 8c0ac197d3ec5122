import type { DecisionView, ProposalInput } from '#contract/index.ts'
import { type SwarmClient, verifyDecision } from '#sdk/index.ts'
import { isCostly } from './capabilities.ts'
import type { Finding } from './review/finding.ts'
import type { RankedFinding } from './review/rank.ts'

/** What the reviewers decided about one finding. */
export interface FindingDecision {
  readonly proposalId: string
  readonly title: string
  readonly proposedBy: string
  readonly outcome: 'approved' | 'rejected' | 'inconclusive' | 'undecided'
  /** How the voters voted; one that contradicted itself counts as abstaining. */
  readonly tally: Readonly<Record<string, number>>
  readonly round: number | null
  readonly deliberationMs: number
  readonly agreementMs: number
  /** Checked here, for the voters as they were frozen before anybody voted. */
  readonly isVerified: boolean
  readonly defect?: string
  /** Whether voters that hold their own keys are a quorum without the server's word. */
  readonly selfCustodyQuorum: boolean
  /** The signed statements of voters that contradicted themselves. */
  readonly evidence: DecisionView['evidence']
}

/** Findings put to the vote: the worst. */
const VOTED_MAX = 5
/** Enough for eight processes on two cores to look at five files each. */
const DEADLINE_MS = 60_000
const WAIT_MS = 90_000

export interface VoteOptions {
  readonly findings: readonly RankedFinding[]
  /** Agents that lie; one of them also puts something made up to the vote. */
  readonly liars: readonly string[]
  readonly signal: AbortSignal
}

/** Has the reviewers vote on what to report; all proposals are under way at once. */
export async function voteOnFindings(
  client: SwarmClient,
  { findings, liars, signal }: VoteOptions,
): Promise<readonly FindingDecision[]> {
  // What every voter can see for itself without having read the whole tree.
  const cheap = findings.filter(({ kind }) => !isCostly(kind))
  const worst = (cheap.length > 0 ? cheap : findings).slice(0, VOTED_MAX)
  const proposals = [
    ...worst.map((found, at) => proposalOf(found, liars[at % Math.max(1, liars.length)])),
    ...liars.slice(0, 1).map(inventedProposal),
  ]
  return Promise.all(proposals.map((proposal) => decide(client, proposal, signal)))
}

/** @param firstProposer where there are liars, they get the first word, and so the chance to misstate the ballots */
function proposalOf(found: RankedFinding, firstProposer: string | undefined): ProposalInput {
  const { rank: _rank, spread: _spread, ...payload } = found
  return {
    title: titleOf(payload),
    payload,
    deadlineMs: DEADLINE_MS,
    ...(firstProposer === undefined ? {} : { firstProposer }),
  }
}

function inventedProposal(liar: string): ProposalInput {
  const payload: Finding = {
    rule: 'private_key',
    kind: 'secrets',
    severity: 'high',
    path: 'README.md',
    line: 1,
    message: 'a private key that nobody else can see',
  }
  return { title: titleOf(payload), payload, deadlineMs: DEADLINE_MS, proposedBy: liar, firstProposer: liar }
}

function titleOf({ message, path, line }: Finding): string {
  return `Report "${message}" at ${path}:${line}?`
}

async function decide(
  client: SwarmClient,
  proposal: ProposalInput,
  signal: AbortSignal,
): Promise<FindingDecision> {
  const { consensus } = client
  const opened = await consensus.propose(proposal)
  const { proposalId } = opened
  const decision = await consensus.waitForDecision(proposalId, { timeoutMs: WAIT_MS, signal })
  const view = await consensus.proposal(proposalId, { signal })
  const verdict = verifyDecision(decision.certificate, opened.electorateHash)
  return {
    proposalId,
    title: opened.title,
    proposedBy: opened.proposedBy,
    outcome: decision.outcome?.verdict ?? 'undecided',
    tally: {
      ...Object.fromEntries(view.tally.options.map(({ option, weight }) => [option, weight])),
      abstain: view.tally.abstainWeight,
      missing: view.tally.missingWeight,
    },
    round: decision.certificate?.round ?? null,
    deliberationMs: view.deliberationMs ?? 0,
    agreementMs: view.agreementMs ?? 0,
    isVerified: verdict.isValid,
    ...(verdict.isValid ? {} : { defect: verdict.defect }),
    selfCustodyQuorum: verdict.isValid && verdict.selfCustodyQuorum,
    evidence: decision.evidence,
  }
}
