import { Value } from '@sinclair/typebox/value'
import { expect, it } from 'vitest'
import { CONSENSUS_LIMITS } from '#contract/consensus/consensus-limits.ts'
import { ConsensusMessage } from '#contract/frames/consensus-bodies.ts'
import { REASON_BYTES_MAX } from '#domain/consensus/decision-value.ts'
import { VOTER_WEIGHT_MAX, VOTERS_MAX } from '#domain/consensus/electorate.ts'
import {
  DEADLINE_MS_MAX,
  OPTION_BYTES_MAX,
  OPTIONS_MAX,
  TITLE_BYTES_MAX,
} from '#domain/consensus/proposal.ts'
import { RAFT_VOTERS_MAX } from '#domain/consensus/raft/quorum.ts'
import { COUNTER_MAX } from '#domain/consensus/raft/term.ts'
import { LOG_ENTRIES_MAX } from '#domain/consensus/raft/voter-log.ts'

it('what the contract lets in is what the domain can take', () => {
  expect(CONSENSUS_LIMITS).toMatchObject({
    votersMax: VOTERS_MAX,
    weightMax: VOTER_WEIGHT_MAX,
    optionsMax: OPTIONS_MAX,
    optionLengthMax: OPTION_BYTES_MAX,
    reasonLengthMax: REASON_BYTES_MAX,
    proposalTitleLengthMax: TITLE_BYTES_MAX,
    deadlineMsMax: DEADLINE_MS_MAX,
    committeeMax: RAFT_VOTERS_MAX,
    logEntriesMax: LOG_ENTRIES_MAX,
    counterMax: COUNTER_MAX,
  })
})

it('refuses terms that cannot be signed', () => {
  const resigned = (term: number) => ({ kind: 'resigned', epoch: 1, term })
  expect(Value.Check(ConsensusMessage, resigned(COUNTER_MAX))).toBe(true)
  // JSON Schema takes it for an integer.
  expect(Value.Check(ConsensusMessage, resigned(1e300))).toBe(false)
})
