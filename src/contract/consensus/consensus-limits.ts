/** What one proposal, ballot or committee may measure. */
export const CONSENSUS_LIMITS = {
  /** Voters of one proposal; for more, let a committee decide. */
  votersMax: 50,
  weightMax: 1_000_000,
  optionsMax: 16,
  optionLengthMax: 64,
  reasonLengthMax: 1_000,
  proposalTitleLengthMax: 1_000,
  deadlineMsMax: 2_592_000_000,
  deadlineMsDefault: 60_000,
  /** Agents that elect the leader. */
  committeeMax: 11,
  /** Entries of the voters' log in one message. */
  logEntriesMax: 256,
  /** Epochs, terms and places in the voters' log; one can still be counted on from it. */
  counterMax: 2 ** 52,
  /** Contradictions of voters shown with one decision. */
  evidenceMax: 50,
} as const
