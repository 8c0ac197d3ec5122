/** Ids and tokens in the examples of the documents. */
export const AGENT_ID = 'ada'
export const TASK_ID = '019ab3f2-6c1e-7a40-9d55-0f2c8b6e4a11'
export const MESSAGE_ID = 'note-1'
export const PROPOSAL_ID = 'merge-42'
export const PATTERN_ID = '000000001234-ping-pong'
export const FENCING_TOKEN = 28_123_456_000_001
export const EXAMPLE_TIME = '2027-01-01T12:00:00.000Z'
export const ROUND_ID = '019ab3f2-91a0-7c11-8e20-1d2c3b4a5f60'
