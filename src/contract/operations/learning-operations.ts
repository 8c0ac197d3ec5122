import { Type } from '@sinclair/typebox'
import { AdviceView, ExperienceOutcome, ExperiencePage, LearnedTypes, OutcomeReport } from '../learning.ts'
import { LIMITS } from '../limits.ts'
import { AgentId, Count, Name, SwarmId } from '../scalars.ts'
import { annotate, closedObject, textEnum } from '../schema.ts'
import { SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

const FILTER = {
  type: Type.Optional(annotate(Name, { description: 'Only work of this type.' })),
  agentId: Type.Optional(annotate(AgentId, { description: 'Only work of this agent.' })),
  method: Type.Optional(annotate(Name, { description: 'Only work that was done by this method.' })),
  outcome: Type.Optional(ExperienceOutcome),
  after: Type.Optional(Count('Only what came after the event with this sequence number.')),
}

export const LEARNING_OPERATIONS = {
  reportOutcome: defineOperation({
    operationId: 'reportOutcome',
    method: 'POST',
    path: '/v1/swarms/{swarmId}/learning/outcomes',
    tag: 'learning',
    summary: 'Report an outcome',
    description:
      'Shares how a piece of work ended and the method it was done by, so that others can choose better. It becomes an event of the log. Finished tasks count by themselves, for the agent that did them.',
    access: 'participant',
    params: SwarmParams,
    body: OutcomeReport,
    replies: { 204: { description: 'The outcome counts.' } },
    problems: ['swarm_not_found', 'agent_not_found', 'store_unavailable', 'coordinator_unavailable'],
  }),
  listExperience: defineOperation({
    operationId: 'listExperience',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/learning/experience',
    tag: 'learning',
    summary: 'List finished work',
    description:
      'Outcome, duration, cost and features of finished tasks and reported outcomes, oldest first.',
    access: 'viewer',
    params: SwarmParams,
    query: closedObject({
      ...FILTER,
      pageSize: Type.Integer({
        minimum: 1,
        maximum: LIMITS.experiencesPageMax,
        default: LIMITS.pageSizeDefault,
        description: 'Most items to answer with.',
      }),
    }),
    replies: { 200: { description: 'A page of finished work.', schema: ExperiencePage } },
    problems: ['swarm_not_found', 'coordinator_unavailable'],
  }),
  exportExperience: defineOperation({
    operationId: 'exportExperience',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/learning/experience/export',
    tag: 'learning',
    summary: 'Export finished work',
    description:
      'The same as a file: CSV after RFC 4180 with a header, or one JSON object a line. Features are one column each in CSV, `feature.<name>`.',
    access: 'viewer',
    params: SwarmParams,
    query: closedObject({
      ...FILTER,
      format: textEnum(['csv', 'jsonl'], { description: 'Format of the file.', default: 'jsonl' }),
    }),
    replies: {
      200: {
        description: 'The file.',
        schema: Type.String({ maxLength: 1_000_000_000 }),
        mediaType: 'text/plain; charset=utf-8',
      },
    },
    problems: ['swarm_not_found', 'coordinator_unavailable'],
  }),
  getAdvice: defineOperation({
    operationId: 'getAdvice',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/learning/advice/{taskType}',
    tag: 'learning',
    summary: 'Ask what has worked',
    description:
      'Success, duration and cost of each agent and each method at a type of work, with counts and uncertainty, best first.',
    access: 'viewer',
    params: closedObject({
      swarmId: SwarmId,
      taskType: annotate(Name, { description: 'Type of work, percent-encoded.' }),
    }),
    query: closedObject({
      costWeight: Type.Number({
        minimum: 0,
        maximum: 1e15,
        default: 0,
        description: 'What one unit of cost is worth in units of success.',
      }),
    }),
    replies: { 200: { description: 'What is known.', schema: AdviceView } },
    problems: ['swarm_not_found', 'coordinator_unavailable'],
  }),
  listLearnedTypes: defineOperation({
    operationId: 'listLearnedTypes',
    method: 'GET',
    path: '/v1/swarms/{swarmId}/learning/types',
    tag: 'learning',
    summary: 'List types of work with estimates',
    description: 'Types of work that something is known of.',
    access: 'viewer',
    params: SwarmParams,
    replies: { 200: { description: 'The types.', schema: LearnedTypes } },
    problems: ['swarm_not_found', 'coordinator_unavailable'],
  }),
} as const
