import type { InboxPage, MessageView, ProposalPage, ProposalView } from '#contract/index.ts'
import { eachOpaque } from '#contract/json/each-opaque.ts'
import { scanOpaque } from '#contract/json/opaque-scan.ts'
import { OPAQUE, type OpaqueShape } from '#contract/json/opaque-shape.ts'

/** The exact JSON of a payload, which a parsed value need not keep. */
export interface PayloadText {
  /**
   * The JSON text of `payload`, byte for byte as it was sent; undefined where there is no payload. Copies of the object
   * and `JSON.stringify` leave it out.
   */
  readonly payloadText?: string
}

/** The exact JSON of the value of a record. */
export interface ValueText {
  /** As `payloadText`, of `value`. */
  readonly valueText?: string
}

/** The exact JSON of what a task carries. */
export interface TaskTexts extends PayloadText {
  /** As `payloadText`, of `result`. */
  readonly resultText?: string
}

/** A page of an inbox, with the exact JSON of what each message carries. */
export type InboxPageRead = Omit<InboxPage, 'messages'> & {
  readonly messages: readonly (MessageView & PayloadText)[]
}

/** A page of proposals, with the exact JSON of what each one carries. */
export type ProposalPageRead = Omit<ProposalPage, 'proposals'> & {
  readonly proposals: readonly (ProposalView & PayloadText)[]
}

const members = (...names: readonly string[]): OpaqueShape => ({
  members: new Map(names.map((name) => [name, OPAQUE])),
})
const listOf = (name: string, items: OpaqueShape): OpaqueShape => ({ members: new Map([[name, { items }]]) })

/** Where answers of the server hold payloads and results. The contract says the same; browsers have no schemas. */
export const OPAQUE_IN = {
  getTask: members('payload', 'result'),
  claimTasks: listOf('assignments', members('payload')),
  readInbox: listOf('messages', members('payload')),
  propose: members('payload'),
  getProposal: members('payload'),
  cancelProposal: members('payload'),
  getMemory: members('value'),
  putMemory: members('value'),
  operateMemory: members('value'),
  listMemory: listOf('records', members('value')),
  readMemoryBatch: listOf('records', members('value')),
  putMemoryBatch: listOf('records', members('value')),
  mergeMemory: listOf('records', members('value')),
  getMemoryHistory: listOf('versions', members('value')),
  searchMemory: listOf('hits', { members: new Map([['record', members('value')]]) }),
  listProposals: listOf('proposals', members('payload')),
} as const satisfies Readonly<Record<string, OpaqueShape>>

/** A frame of the channel that carries a payload. */
export const OPAQUE_IN_FRAMES: OpaqueShape = members('payload')

/**
 * As `JSON.parse`, with the exact text of each payload and result beside it.
 *
 * @throws SyntaxError
 */
export function readJson(text: string, shape: OpaqueShape): unknown {
  const document: unknown = JSON.parse(text)
  addTexts(document, text, shape)
  return document
}

/** @param text that the document was parsed from */
export function addTexts(document: unknown, text: string, shape: OpaqueShape): void {
  const { texts } = scanOpaque(text, shape, Number.POSITIVE_INFINITY)
  eachOpaque(document, texts, addText)
}

/** Puts the text of a member beside it: not enumerable, or whoever writes the object would write it twice. */
export function addText<T extends object, N extends string>(parent: T, name: N, text: string): T & TextOf<N> {
  return Object.defineProperty(parent as T & TextOf<N>, `${name}Text`, { value: text })
}

type TextOf<N extends string> = { readonly [Name in `${N}Text`]: string }

/** Gives a copy the text that the original has, and spreading leaves out. */
export function copyPayloadText<T extends object>(copy: T, original: object): T & PayloadText {
  const { payloadText } = original as PayloadText
  return payloadText === undefined ? copy : addText(copy, 'payload', payloadText)
}
