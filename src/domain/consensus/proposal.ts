import { type Hash, hexToBytes, isHash } from '../model/hex.ts'
import type { AgentId, ProposalId, SwarmId, TenantId } from '../model/ids.ts'
import { ByteWriter } from './byte-writer.ts'
import { isPlainText } from './utf8.ts'

export const TITLE_BYTES_MAX = 1_000
export const PROPOSER_NAME_BYTES_MAX = 200
export const OPTION_BYTES_MAX = 64
export const OPTIONS_MAX = 16
export const THRESHOLD_DENOMINATOR_MAX = 1_000
export const DEADLINE_MS_MAX = 30 * 24 * 3_600_000

/** Always a possible choice, and never an option of its own. */
export const ABSTAIN = 'abstain'
export const APPROVE = 'approve'
export const REJECT = 'reject'

/** The part of the total weight, not of the ballots cast, that an option needs: at least this. */
export interface Threshold {
  readonly numerator: number
  readonly denominator: number
}

export const DEFAULT_THRESHOLD: Threshold = { numerator: 2, denominator: 3 }

/** What is put to the vote. All of it is hashed into every signature: no two voters can be asked different questions. */
export interface Proposal {
  readonly title: string
  /** SHA-256 of the payload's UTF-8 bytes; the payload itself travels beside. */
  readonly payloadHash: Hash
  /** `approval`: approve or reject. `choice`: one of the options, at a threshold above one half. */
  readonly mode: 'approval' | 'choice'
  readonly options: readonly string[]
  readonly threshold: Threshold
  /** From when a voter first sees the proposal, on its own clock, to when it may call it expired. */
  readonly deadlineMs: number
  /** Who put it: an agent's id or a client's name. */
  readonly proposedBy: string
  /** Proposes in round 0 where it is a voter; otherwise the hash of the proposal chooses. */
  readonly firstProposer?: AgentId
}

/** Where a proposal belongs. */
export interface ProposalPlace {
  readonly tenantId: TenantId
  readonly swarmId: SwarmId
  readonly proposalId: ProposalId
}

/** Why something of a proposal's shape cannot be put to the vote; undefined where it can. */
export function proposalDefect(proposal: Proposal): string | undefined {
  if (!isPlainText(proposal.title, TITLE_BYTES_MAX)) return 'the title is not plain text, or too long'
  if (!isPlainText(proposal.proposedBy, PROPOSER_NAME_BYTES_MAX)) return 'the proposer has no fit name'
  if (!isHash(proposal.payloadHash)) return 'the payload hash is malformed'
  if (!isWholeNumber(proposal.deadlineMs, 1, DEADLINE_MS_MAX)) return 'the deadline is out of range'
  return optionsDefect(proposal) ?? thresholdDefect(proposal)
}

export function proposalBytes(place: ProposalPlace, proposal: Proposal): Uint8Array {
  const writer = new ByteWriter()
    .text('amos-swarm/proposal/1')
    .text(place.tenantId)
    .text(place.swarmId)
    .text(place.proposalId)
    .text(proposal.title)
    .bytes(hexToBytes(proposal.payloadHash))
    .text(proposal.mode)
    .int(proposal.options.length)
  for (const option of proposal.options) writer.text(option)
  return writer
    .int(proposal.threshold.numerator)
    .int(proposal.threshold.denominator)
    .int(proposal.deadlineMs)
    .text(proposal.proposedBy)
    .optionalText(proposal.firstProposer)
    .finish()
}

function optionsDefect({ mode, options }: Proposal): string | undefined {
  if (mode === 'approval') {
    const isStandard = options.length === 2 && options[0] === APPROVE && options[1] === REJECT
    return isStandard ? undefined : 'an approval has the options approve and reject'
  }
  if (options.length < 2 || options.length > OPTIONS_MAX) return `a choice has 2 to ${OPTIONS_MAX} options`
  if (new Set(options).size !== options.length) return 'an option stands in it twice'
  const isFit = (option: string) =>
    option !== '' && option !== ABSTAIN && isPlainText(option, OPTION_BYTES_MAX)
  return options.every(isFit) ? undefined : 'an option has no fit name'
}

function thresholdDefect({ mode, threshold: { numerator, denominator } }: Proposal): string | undefined {
  if (!isWholeNumber(denominator, 1, THRESHOLD_DENOMINATOR_MAX)) return 'the threshold is out of range'
  if (!isWholeNumber(numerator, 1, denominator)) return 'the threshold is out of range'
  // At one half or less, two options could both win.
  if (mode === 'choice' && 2 * numerator <= denominator) return 'a choice needs a threshold above one half'
  return undefined
}

function isWholeNumber(value: number, min: number, max: number): boolean {
  return Number.isInteger(value) && value >= min && value <= max
}
