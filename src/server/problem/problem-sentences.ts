import type { SwarmErrorCode, SwarmErrorDetails } from '#domain/model/errors.ts'

type Sentences = { readonly [C in SwarmErrorCode]: (details: SwarmErrorDetails[C]) => string }

/** The `detail` of each of the swarm's refusals, for people. */
export const SENTENCES: Sentences = {
  unauthorized: ({ agentId }) => `Agent ${agentId} was registered anew or removed; this token is void.`,
  swarm_not_found: ({ swarmId }) => `There is no swarm ${swarmId}.`,
  swarm_exists: ({ swarmId }) => `There is a swarm ${swarmId} already.`,
  swarm_not_empty: ({ swarmId, openTaskCount }) =>
    `Swarm ${swarmId} has ${openTaskCount} unfinished tasks; delete it with force=true to cancel them.`,
  agent_not_found: ({ agentId }) => `There is no agent ${agentId} in this swarm.`,
  agent_removed: ({ agentId }) => `Agent ${agentId} was removed; an operator can register it anew.`,
  agent_exists: ({ agentId }) => `There is an agent ${agentId} already.`,
  agent_draining: ({ agentId }) => `Agent ${agentId} is draining and gets nothing new.`,
  drain_ordered: ({ agentId }) =>
    `An operator told agent ${agentId} to drain; only an operator can end that.`,
  agent_on_channel: ({ agentId }) => `Agent ${agentId} gets its work over its channel and cannot claim.`,
  session_superseded: ({ agentId, epoch }) =>
    `A newer connection of agent ${agentId} took over, epoch ${epoch}.`,
  session_unknown: ({ agentId }) =>
    `The swarm gave this connection of agent ${agentId} up for lost; the agent has to connect anew.`,
  task_not_found: ({ taskId }) => `There is no task ${taskId} in this swarm.`,
  task_finished: ({ taskId, status }) => `Task ${taskId} is ${status} already.`,
  task_not_finished: ({ taskId, status }) =>
    `Task ${taskId} is ${status}; only a finished one can be done again.`,
  dependency_not_found: ({ taskId }) => `There is no task ${taskId} to depend on.`,
  parent_not_open: ({ taskId }) =>
    `Task ${taskId} does not exist or is finished, and can have no more parts.`,
  deadline_passed: ({ deadlineAt }) => `The deadline was at ${new Date(deadlineAt).toISOString()}.`,
  lease_lost: ({ taskId, heldBy, status }) => {
    if (status !== undefined) return `Task ${taskId} is ${status} already.`
    return heldBy === null
      ? `Task ${taskId} is no longer held under this token.`
      : `Task ${taskId} is held by agent ${heldBy}, under another token.`
  },
  pattern_not_found: ({ patternId }) =>
    `There is no pattern ${patternId}; it may have been removed after its end.`,
  decision_not_found: ({ taskId }) => `Task ${taskId} was never assigned.`,
  control_not_found: ({ target }) => `No limit and no pause is set for ${target}.`,
  budget_not_found: ({ target }) => `There is no budget for ${target}.`,
  schedule_not_found: ({ scheduleId }) => `There is no schedule ${scheduleId} in this swarm.`,
  schedule_exists: ({ scheduleId }) => `There is another schedule ${scheduleId} already.`,
  schedule_unsound: ({ reason }) => `The schedule cannot run: ${reason}.`,
  idempotency_key_reused: ({ idempotencyKey }) =>
    `The key ${idempotencyKey} came with another body before; use a new one.`,
  idempotency_in_flight: ({ idempotencyKey }) =>
    `The first request with the key ${idempotencyKey} is not answered yet.`,
  version_conflict: ({ expected, actual }) => `It is at version ${actual}, not ${expected}.`,
  limit_exceeded: ({ limitName, limit, actual }) => `${limitName} is ${limit}; this would make it ${actual}.`,
  no_route: ({ from, to, reason }) => `There is no path from ${from} to ${to}: ${reason}.`,
  recipient_unavailable: ({ agentId }) =>
    `Agent ${agentId} has no channel open; send a durable message, or try again.`,
  backpressure: ({ agentId }) => `Agent ${agentId} does not read its messages fast enough; slow down.`,
  key_refused: ({ agentId, reason }) => `The key of agent ${agentId} is refused: ${reason}.`,
  proposal_not_found: ({ proposalId }) => `There is no proposal ${proposalId} in this swarm.`,
  proposal_exists: ({ proposalId }) => `There is another proposal ${proposalId} already.`,
  proposal_closed: ({ proposalId, status }) => `Proposal ${proposalId} is ${status} already.`,
  proposal_unsound: ({ reason }) => `This cannot be put to the vote: ${reason}.`,
  electorate_unsound: ({ reason }) => `These agents cannot vote together: ${reason}.`,
  not_a_voter: ({ agentId }) => `Agent ${agentId} has no vote in this.`,
  ballot_refused: ({ agentId, reason }) => `The ballot of agent ${agentId} is not taken: ${reason}.`,
  memory_forbidden: ({ namespace, access }) => `The namespace ${namespace} is not open to you to ${access}.`,
  memory_not_found: ({ namespace, key }) => `There is no record ${key} in the namespace ${namespace}.`,
  memory_type_conflict: ({ namespace, key, expected, actual }) =>
    `The record ${key} in the namespace ${namespace} is of type ${actual}, not ${expected}.`,
  memory_invalid: ({ reason }) => `The memory cannot take this: ${reason}.`,
  group_not_found: ({ group }) => `There is no group ${group} of agents in this swarm.`,
  trail_set_not_found: ({ trailSet }) => `There is no trail set ${trailSet} in this swarm.`,
  trail_set_exists: ({ trailSet }) => `There is a trail set ${trailSet} with other settings already.`,
  trail_settings_unsound: ({ trailSet, reason }) => `The trail set ${trailSet} cannot be created: ${reason}.`,
  model_not_found: ({ model, version }) =>
    version === undefined
      ? `There is no model ${model} in this swarm.`
      : `Model ${model} has no version ${version}.`,
  model_exists: ({ model }) => `There is a model ${model} already.`,
  model_unsound: ({ model, reason }) => `This cannot be a version of model ${model}: ${reason}.`,
  round_not_found: ({ roundId }) => `There is no learning round ${roundId} in this swarm.`,
  round_refused: ({ roundId, reason }) => `Learning round ${roundId}: ${reason}.`,
  update_refused: ({ roundId, agentId, reason }) =>
    `The update of agent ${agentId} to learning round ${roundId} is refused: ${reason}.`,
  no_leader: ({ swarmId }) => `Nobody leads swarm ${swarmId}; try again, or start an election.`,
  cursor_invalid: ({ cursor }) => `${cursor} is not a place in the event log.`,
  record_damaged: ({ kind, id }) =>
    `The stored record ${id} of kind ${kind} is damaged: its checksum does not match its content.`,
  store_not_lost: ({ storeId, lostStoreId }) =>
    lostStoreId === null ? 'No store is lost.' : `Store ${lostStoreId} is lost, not ${storeId}.`,
  store_unavailable: ({ reason }) => `The store does not answer: ${reason}.`,
  not_coordinator: () => 'Another node coordinates this swarm now.',
  coordinator_unavailable: () =>
    'The node that coordinates this swarm does not answer; another will take over.',
  draining: () => 'This node is shutting down; use another, or wait for it to be back.',
}
