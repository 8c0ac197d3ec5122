import {
  isSwarmError,
  SwarmError,
  type SwarmErrorCode,
  type SwarmErrorDetails,
} from '#domain/model/errors.ts'
import type { NodeId } from '#domain/model/ids.ts'
import type { PeerCall, PeerNews, PeerNotice } from '#domain/ports/peers.ts'

/** How a call ended, as it crosses. */
export type PeerOutcome =
  | { readonly value: unknown }
  | { readonly code: SwarmErrorCode; readonly details: SwarmErrorDetails[SwarmErrorCode] }
  | { readonly bug: string }

export type PeerMessage =
  | { readonly type: 'call'; readonly callId: number; readonly call: PeerCall }
  | { readonly type: 'outcome'; readonly callId: number; readonly outcome: PeerOutcome }
  | { readonly type: 'notice'; readonly notice: PeerNotice }
  | { readonly type: 'news'; readonly news: PeerNews }

export interface PeerEnvelope {
  readonly from: NodeId
  /** When it was sent, by the clock of Redis in milliseconds; left out by nodes of earlier versions. */
  readonly sentAt?: number
  readonly messages: readonly PeerMessage[]
}

/** @param messages each one written by JSON.stringify */
export function encodeEnvelope(from: NodeId, sentAt: number, messages: readonly string[]): string {
  return `{"from":${JSON.stringify(from)},"sentAt":${sentAt},"messages":[${messages.join(',')}]}`
}

export const decodeEnvelope = (text: string): PeerEnvelope => JSON.parse(text) as PeerEnvelope

export function failureOf(error: unknown): PeerOutcome {
  if (isSwarmError(error)) return { code: error.code, details: error.details }
  return { bug: error instanceof Error ? error.message : String(error) }
}

/** The value of a call that went well. @throws what the peer's handler threw: a SwarmError as the same SwarmError. */
export function openOutcome(outcome: PeerOutcome): unknown {
  if ('code' in outcome) throw new SwarmError(outcome.code, outcome.details)
  if ('bug' in outcome) throw new Error(`a peer failed: ${outcome.bug}`)
  return outcome.value
}
