/** A server node whose wall clock can be set: the parent process sends by how much, in milliseconds. */

const RealDate = globalThis.Date
let offsetMs = 0

class SteppedDate extends RealDate {
  constructor(...values: readonly unknown[]) {
    if (values.length === 0) super(RealDate.now() + offsetMs)
    else super(...(values as [number]))
  }

  static override now(): number {
    return RealDate.now() + offsetMs
  }
}

globalThis.Date = SteppedDate as DateConstructor

process.on('message', (message: { readonly stepMs: number }) => {
  offsetMs += message.stepMs
})
// It ends when the server does.
process.channel?.unref()

await import('../../../src/main.ts')
