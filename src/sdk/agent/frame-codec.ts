import { Packr } from 'msgpackr'
import type { AgentFrame, AgentFrameOf, ChannelFrame, ChannelFrameOf, Subprotocol } from '#contract/index.ts'
import { addText, addTexts, OPAQUE_IN_FRAMES } from '../json/exact-texts.ts'
import type { CompletionFrame } from './agent-report.ts'

/** A frame as the agent makes it; `requestId` is the channel's. */
export type OutgoingFrame =
  | Exclude<AgentFrame, { type: 'task.complete' | 'message.send' }>
  | CompletionFrame
  | MessageSendFrame

/** A message whose payload is JSON text already. */
export interface MessageSendFrame extends Omit<AgentFrameOf<'message.send'>, 'payload'> {
  readonly payloadText: string
}

/** How frames look on the wire. */
export interface FrameCodec {
  readonly subprotocol: Subprotocol
  encode(frame: OutgoingFrame): string | Buffer
  /** With the exact text of a payload beside it, as `payloadText`. @throws when the bytes are no frame */
  decode(bytes: Buffer): ChannelFrame
}

export const jsonFrames: FrameCodec = {
  subprotocol: 'amos.v1.json',
  encode(frame) {
    if (frame.type === 'message.send') {
      const { payloadText, ...rest } = frame
      return `${JSON.stringify(rest).slice(0, -1)},"payload":${payloadText}}`
    }
    if (frame.type !== 'task.complete') return JSON.stringify(frame)
    const { resultText, ...rest } = frame
    // The result is JSON text already; parsing it only to write it again would cost as much as the rest of the work.
    return `${JSON.stringify(rest).slice(0, -1)},"result":${resultText}}`
  },
  decode(bytes) {
    const text = bytes.toString()
    const frame = JSON.parse(text) as ChannelFrame
    if (carriesPayload(frame)) addTexts(frame, text, OPAQUE_IN_FRAMES)
    return frame
  },
}

const packr = new Packr({ useRecords: false, encodeUndefinedAsNil: false })

/** Payloads and results travel as their JSON text, so that the hub never has to re-encode them. */
export const msgpackFrames: FrameCodec = {
  subprotocol: 'amos.v1.msgpack',
  encode(frame) {
    if (frame.type === 'message.send') {
      const { payloadText, ...rest } = frame
      return packr.pack({ ...rest, payload: Buffer.from(payloadText) })
    }
    if (frame.type !== 'task.complete') return packr.pack(frame)
    const { resultText, ...rest } = frame
    return packr.pack({ ...rest, result: Buffer.from(resultText) })
  },
  decode(bytes) {
    const frame = packr.unpack(bytes) as ChannelFrame
    if (!carriesPayload(frame) || !(frame.payload instanceof Uint8Array)) return frame
    const text = Buffer.from(frame.payload).toString()
    frame.payload = JSON.parse(text) as unknown
    addText(frame, 'payload', text)
    return frame
  },
}

function carriesPayload(frame: ChannelFrame): frame is ChannelFrameOf<'task.assigned' | 'message'> {
  return frame.type === 'task.assigned' || frame.type === 'message'
}
