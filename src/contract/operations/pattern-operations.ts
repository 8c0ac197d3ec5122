import {
  PATTERN_FILTER_QUERY,
  PatternId,
  PatternPage,
  PatternReviewRequest,
  PatternView,
} from '../patterns.ts'
import { closedObject } from '../schema.ts'
import { PAGE_QUERY, SwarmParams } from './common.ts'
import { defineOperation } from './operation.ts'

const PATTERNS = '/v1/swarms/{swarmId}/patterns'
const PatternParams = closedObject({ ...SwarmParams.properties, patternId: PatternId })

export const PATTERN_OPERATIONS = {
  listPatterns: defineOperation({
    operationId: 'listPatterns',
    method: 'GET',
    path: PATTERNS,
    tag: 'patterns',
    summary: 'List patterns',
    description:
      'Patterns that the detectors saw in the event log, newest first. At most 1 000 ended ones are kept.',
    access: 'viewer',
    params: SwarmParams,
    query: closedObject({ ...PATTERN_FILTER_QUERY, ...PAGE_QUERY }),
    replies: { 200: { description: 'A page of patterns.', schema: PatternPage } },
    problems: ['swarm_not_found', 'page_token_invalid', 'store_unavailable'],
  }),
  getPattern: defineOperation({
    operationId: 'getPattern',
    method: 'GET',
    path: `${PATTERNS}/{patternId}`,
    tag: 'patterns',
    summary: 'Get a pattern',
    description: 'Agents, evidence, severity and what was done about it.',
    access: 'viewer',
    params: PatternParams,
    replies: { 200: { description: 'The pattern as it stands.', schema: PatternView } },
    problems: ['swarm_not_found', 'pattern_not_found', 'store_unavailable'],
  }),
  acknowledgePattern: defineOperation({
    operationId: 'acknowledgePattern',
    method: 'POST',
    path: `${PATTERNS}/{patternId}/acknowledge`,
    tag: 'patterns',
    summary: 'Acknowledge a pattern',
    description: 'Notes that an operator has seen the pattern. Responses go on.',
    access: 'operator',
    params: PatternParams,
    body: PatternReviewRequest,
    isBodyOptional: true,
    replies: { 200: { description: 'The pattern with the review.', schema: PatternView } },
    problems: ['swarm_not_found', 'pattern_not_found', 'store_unavailable'],
  }),
  dismissPattern: defineOperation({
    operationId: 'dismissPattern',
    method: 'POST',
    path: `${PATTERNS}/{patternId}/dismiss`,
    tag: 'patterns',
    summary: 'Dismiss a pattern',
    description: 'Notes that the pattern is no problem. The swarm does not respond to it any more.',
    access: 'operator',
    params: PatternParams,
    body: PatternReviewRequest,
    isBodyOptional: true,
    replies: { 200: { description: 'The pattern with the review.', schema: PatternView } },
    problems: ['swarm_not_found', 'pattern_not_found', 'store_unavailable'],
  }),
}
