interface ProblemKind {
  readonly status: number
  readonly title: string
  /** Whether the same request may succeed later. */
  readonly retryable: boolean
}

const once = (status: number, title: string): ProblemKind => ({ status, title, retryable: false })
const again = (status: number, title: string): ProblemKind => ({ status, title, retryable: true })

/** Every kind of problem the server answers with, over HTTP and in `error` frames. */
export const PROBLEMS = {
  // The request does not fit the contract.
  validation_failed: once(400, 'What was sent does not fit the schema'),
  utf8_invalid: once(400, 'The text is not valid UTF-8'),
  json_invalid: once(400, 'The body is not JSON'),
  json_too_deep: once(400, 'The JSON is nested too deeply'),
  json_unsafe: once(400, 'The JSON uses a forbidden field name'),
  page_token_invalid: once(400, 'The page token is not one of ours, or of another query'),
  cursor_invalid: once(400, 'The event cursor is not one of ours'),
  payload_too_large: once(413, 'The body, payload or result is too large'),
  uri_too_long: once(414, 'The address is too long'),
  unsupported_media_type: once(415, 'The body has a media type other than application/json'),
  headers_too_large: once(431, 'The headers are too large'),
  request_timeout: again(408, 'The request did not arrive in time'),
  request_aborted: once(400, 'The connection ended before the request was answered'),
  bad_request: once(400, 'The request is not HTTP as it should be'),
  not_found: once(404, 'There is nothing at this address'),
  method_not_allowed: once(405, 'The address does not take this method'),
  upgrade_refused: once(400, 'There is no WebSocket at this address'),
  upgrade_required: once(426, 'This address speaks WebSocket only'),
  origin_not_allowed: once(403, 'Pages of this origin may not connect'),

  // The caller may not do this, or not now.
  unauthorized: once(401, 'A valid credential is needed'),
  forbidden: once(403, 'The credential does not allow this'),
  rate_limited: again(429, 'Too many requests'),
  overloaded: again(503, 'The server is too busy'),
  draining: again(503, 'The server is shutting down'),
  starting: again(503, 'The server is starting'),
  answer_timeout: again(503, 'The server did not answer in time'),
  internal_error: once(500, 'The server made a mistake'),

  // The swarm refuses it.
  swarm_not_found: once(404, 'There is no such swarm'),
  swarm_exists: once(409, 'A swarm of this id exists'),
  swarm_not_empty: once(409, 'The swarm has unfinished tasks'),
  agent_not_found: once(404, 'There is no such agent'),
  agent_removed: once(409, 'The agent was removed from the swarm'),
  agent_exists: once(409, 'An agent of this id is registered'),
  agent_draining: once(409, 'The agent is draining'),
  drain_ordered: once(403, 'An operator told the agent to drain'),
  agent_on_channel: once(409, 'The agent gets its work over its channel'),
  session_superseded: once(409, 'A newer connection of the agent took over'),
  session_unknown: again(409, 'The swarm does not know this connection of the agent'),
  task_not_found: once(404, 'There is no such task'),
  task_finished: once(409, 'The task is finished'),
  task_not_finished: once(409, 'The task is not finished'),
  dependency_not_found: once(422, 'A task it depends on does not exist'),
  parent_not_open: once(422, 'The parent task does not exist or is finished'),
  deadline_passed: once(422, 'The deadline has passed'),
  lease_lost: once(409, 'The task is no longer held under this token'),
  pattern_not_found: once(404, 'There is no such pattern'),
  decision_not_found: once(404, 'The task was never assigned'),
  control_not_found: once(404, 'Nothing is limited or paused there'),
  budget_not_found: once(404, 'There is no such budget'),
  schedule_not_found: once(404, 'There is no such schedule'),
  schedule_exists: once(409, 'Another schedule has this id'),
  schedule_unsound: once(422, 'This is no time for a schedule'),
  idempotency_key_reused: once(422, 'The idempotency key was used with another body'),
  idempotency_in_flight: again(409, 'A request with this idempotency key is being worked on'),
  version_conflict: once(412, 'It was changed in the meantime'),
  limit_exceeded: again(429, 'A configured limit is reached'),
  no_route: once(409, 'The topology has no path between the two'),
  recipient_unavailable: again(409, 'The receiver has no channel open'),
  backpressure: again(429, 'The receiver does not read fast enough'),
  key_refused: once(422, 'The key cannot be voted with'),
  proposal_not_found: once(404, 'There is no such proposal'),
  proposal_exists: once(409, 'Another proposal has this id'),
  proposal_closed: once(409, 'The proposal is not open any more'),
  proposal_unsound: once(422, 'This cannot be put to the vote'),
  electorate_unsound: once(422, 'These cannot vote together'),
  not_a_voter: once(403, 'The agent has no vote in this'),
  ballot_refused: once(409, 'The ballot cannot be taken'),
  memory_forbidden: once(403, 'The namespace is not open to the caller'),
  memory_not_found: once(404, 'There is no such record in the memory'),
  memory_type_conflict: once(409, 'The record is of another type'),
  memory_invalid: once(422, 'The memory cannot take this'),
  group_not_found: once(404, 'There is no such group'),
  trail_set_not_found: once(404, 'There is no such trail set'),
  trail_set_exists: once(409, 'A trail set of this name has other settings'),
  trail_settings_unsound: once(422, 'No trail set can have these settings'),
  model_not_found: once(404, 'There is no such model, or no such version of it'),
  model_exists: once(409, 'A model of this name exists'),
  model_unsound: once(422, 'The bytes do not fit the model'),
  round_not_found: once(404, 'There is no such learning round'),
  round_refused: once(409, 'The learning round cannot be opened or ended like this'),
  update_refused: once(422, 'The update is not taken'),
  no_leader: again(409, 'Nobody leads the swarm'),
  record_damaged: once(500, 'A stored record is damaged'),
  store_not_lost: once(409, 'That store is not lost'),
  store_unavailable: again(503, 'The store does not answer'),
  not_coordinator: again(503, 'Another node coordinates the swarm'),
  coordinator_unavailable: again(503, "The swarm's coordinating node does not answer"),

  // WebSocket only.
  frame_invalid: once(400, 'The frame does not fit its schema'),
  frame_unknown: once(400, 'There is no frame of this type'),
  hello_required: once(401, 'The first frame must be `hello`, or `subscribe` on the stream'),
  hello_repeated: once(409, 'The channel is open already'),
  subscribe_repeated: once(409, 'The stream has a subscription already'),
  slow_consumer: again(429, 'What was sent is not being read'),
} as const satisfies Record<string, ProblemKind>

export type ProblemCode = keyof typeof PROBLEMS

export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[]
