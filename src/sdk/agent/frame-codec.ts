import { Packr } from 'msgpackr'
import type { AgentFrame, AgentFrameOf, ChannelFrame, Subprotocol } from '#contract/index.ts'
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
  /** @throws when the bytes are no frame */
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
  decode: (bytes) => JSON.parse(bytes.toString()) as ChannelFrame,
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
    if (frame.type !== 'task.assigned' && frame.type !== 'message') return frame
    if (!(frame.payload instanceof Uint8Array)) return frame
    return { ...frame, payload: JSON.parse(Buffer.from(frame.payload).toString()) as unknown }
  },
}
