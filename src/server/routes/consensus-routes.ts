import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { ProposalCreate } from '#contract/consensus/proposal.ts'
import { CONSENSUS_OPERATIONS } from '#contract/operations/consensus-operations.ts'
import type { OpenSwarm } from '#domain/cluster/open-swarm.ts'
import type { ProposeRequest } from '#domain/consensus-engine/proposals/proposal-requests.ts'
import type { ElectorateChoice } from '#domain/consensus-engine/voters/electorate-choice.ts'
import { signature } from '#domain/model/hex.ts'
import { agentId, type ProposalId, proposalId, swarmId } from '#domain/model/ids.ts'
import type { Ids } from '#domain/ports/random.ts'
import { callerOf } from '../auth/auth-hooks.ts'
import { authorize } from '../auth/authorize.ts'
import { senderOf } from '../auth/sender.ts'
import { opaqueText } from '../input/opaque-json.ts'
import { pageEnd } from '../paging/page-end.ts'
import type { PageTokens } from '../paging/page-tokens.ts'
import type { Swarms } from '../swarms.ts'
import {
  ballotList,
  decisionView,
  leaderView,
  proposalPageText,
  proposalText,
} from '../views/proposal-view.ts'
import { pageRequest } from './cancellation.ts'
import { routeOperation, sendJsonText } from './route-operation.ts'

export interface ConsensusRoutesModules {
  readonly swarms: Swarms
  readonly pageTokens: PageTokens
  readonly ids: Ids
}

interface SwarmRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string }
}

interface ProposalRequest extends FastifyRequest {
  readonly params: { readonly swarmId: string; readonly proposalId: string }
}

export function consensusRoutes(app: FastifyInstance, modules: ConsensusRoutesModules): void {
  routeProposals(app, modules)
  routeBallots(app, modules)
  routeElections(app, modules)
}

function routeProposals(app: FastifyInstance, { swarms, pageTokens, ids }: ConsensusRoutesModules): void {
  const { propose, listProposals, getProposal, cancelProposal } = CONSENSUS_OPERATIONS

  routeOperation(app, propose, async (request, reply) => {
    const { service } = await openFor(swarms, request)
    const caller = callerOf(request)
    const agent = senderOf(request, request.body.proposedBy)
    const proposer = agent ?? (caller.kind === 'client' ? caller.name : caller.agentId)
    const asked = {
      ...proposeRequest(request.body, proposalId(request.body.proposalId ?? ids.next()), proposer),
      ...(agent === undefined ? {} : { proposerId: agent }),
    }
    const record = await service.consensus.propose(asked)
    reply.code(201).header('location', `/v1/swarms/${request.params.swarmId}/proposals/${record.proposalId}`)
    return sendJsonText(reply, proposalText(record, asked.payload))
  })

  routeOperation(app, listProposals, async (request, reply) => {
    const { pageSize, pageToken, status } = request.query
    const { reader } = await openFor(swarms, request)
    const list = ['proposals', callerOf(request).tenant, request.params.swarmId, status]
    const filter = status === undefined ? {} : { status }
    const page = await reader.proposals(
      filter,
      pageRequest(reply, pageSize, pageTokens.redeem(pageToken, list)),
    )
    const { items, damagedIds } = await reader.withPayloads(page)
    return sendJsonText(reply, proposalPageText(items, pageEnd({ ...page, damagedIds }, list, pageTokens)))
  })

  routeOperation(app, getProposal, async (request, reply) => {
    const { reader } = await openFor(swarms, request)
    const id = idOf(request)
    const record = await reader.proposal(id)
    return sendJsonText(reply, proposalText(record, await reader.proposalPayload(id)))
  })

  routeOperation(app, cancelProposal, async (request, reply) => {
    const { service, reader } = await openFor(swarms, request)
    const { reason = 'its proposer takes it back' } = request.body
    const record = await service.consensus.cancelProposal({ proposalId: idOf(request), reason })
    reply.code(202)
    return sendJsonText(reply, proposalText(record, await reader.proposalPayload(record.proposalId)))
  })
}

function routeBallots(app: FastifyInstance, { swarms }: ConsensusRoutesModules): void {
  const { listBallots, castBallot, getProposalDecision } = CONSENSUS_OPERATIONS

  routeOperation(app, listBallots, async (request) => {
    const { reader } = await openFor(swarms, request)
    return ballotList(await reader.proposal(idOf(request)))
  })

  routeOperation(app, castBallot, async (request, reply) => {
    const { agentId: voter, choice, reason, signature: signed } = request.body
    authorize(callerOf(request), 'agent', { swarmId: request.params.swarmId, agentId: voter })
    const { service } = await openFor(swarms, request)
    const record = await service.consensus.castBallot({
      proposalId: idOf(request),
      agentId: agentId(voter),
      choice,
      ...(reason === undefined ? {} : { reason }),
      ...(signed === undefined ? {} : { signature: signature(signed) }),
    })
    reply.code(202)
    return ballotList(record)
  })

  routeOperation(app, getProposalDecision, async (request) => {
    const { reader } = await openFor(swarms, request)
    return decisionView(await reader.proposal(idOf(request)))
  })
}

function routeElections(app: FastifyInstance, { swarms }: ConsensusRoutesModules): void {
  const { getLeader, startElection } = CONSENSUS_OPERATIONS

  routeOperation(app, getLeader, async (request) => {
    const { service } = await openFor(swarms, request)
    return leaderView(await service.consensus.leader())
  })

  routeOperation(app, startElection, async (request, reply) => {
    const { service } = await openFor(swarms, request)
    const { transferTo } = request.body
    const state = await service.consensus.startElection(
      transferTo === undefined ? {} : { transferTo: agentId(transferTo) },
    )
    reply.code(202)
    return leaderView(state)
  })
}

async function openFor(swarms: Swarms, request: SwarmRequest): Promise<OpenSwarm> {
  return swarms.open(callerOf(request).tenant, swarmId(request.params.swarmId))
}

/** The contract's pattern is the domain's, so that this cannot throw. */
function idOf({ params }: ProposalRequest): ProposalId {
  return proposalId(params.proposalId)
}

function proposeRequest(body: ProposalCreate, id: ProposalId, proposedBy: string): ProposeRequest {
  const { title, payload, mode, options, threshold, deadlineMs, electorate, weights, firstProposer } = body
  return {
    proposalId: id,
    title,
    payload: opaqueText(payload, 'payload'),
    mode,
    ...(options === undefined ? {} : { options }),
    threshold,
    deadlineMs,
    electorate: electorateChoice(electorate),
    weights,
    ...(firstProposer === undefined ? {} : { firstProposer: agentId(firstProposer) }),
    proposedBy,
  }
}

function electorateChoice(chosen: ProposalCreate['electorate']): ElectorateChoice {
  return chosen.kind === 'agents' ? { kind: 'agents', agentIds: chosen.agentIds.map(agentId) } : chosen
}
