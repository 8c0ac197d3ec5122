import { PROBLEMS, type ProblemCode } from '../problem-codes.ts'
import type { Operation } from './operation.ts'

/** What any request may be answered, whatever it asks for. */
const EVERYWHERE = [
  'bad_request',
  'request_aborted',
  'upgrade_refused',
  'validation_failed',
  'forbidden',
  'origin_not_allowed',
  'request_timeout',
  'headers_too_large',
  'internal_error',
  'answer_timeout',
] as const
const WITH_PARAMS = ['uri_too_long'] as const
/** A credential may have to be looked up in the store. */
const WITH_CREDENTIAL = [
  'unauthorized',
  'rate_limited',
  'overloaded',
  'starting',
  'store_unavailable',
  'record_damaged',
] as const
const WITH_BODY = [
  'utf8_invalid',
  'json_invalid',
  'json_too_deep',
  'json_unsafe',
  'payload_too_large',
  'unsupported_media_type',
] as const
/** Of everything that one node coordinates. */
const OF_A_SWARM = ['swarm_not_found', 'not_coordinator', 'coordinator_unavailable'] as const

/** Every problem that an operation may answer with, its own first. */
export function problemCodesOf({
  method,
  access,
  params,
  body,
  bytes,
  problems,
  replies,
}: Operation): ProblemCode[] {
  const codes = new Set<ProblemCode>([
    ...problems,
    ...EVERYWHERE,
    ...(params === undefined ? [] : WITH_PARAMS),
    ...(access === 'public' ? [] : WITH_CREDENTIAL),
    // A DELETE that comes with a body has it read as well.
    ...(body === undefined && bytes === undefined && method !== 'DELETE' ? [] : WITH_BODY),
    ...(params?.properties['swarmId'] === undefined ? [] : OF_A_SWARM),
  ])
  return [...codes].filter((code) => replies[PROBLEMS[code].status] === undefined)
}
