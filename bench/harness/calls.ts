/** The calls a bench process answers; each takes at most one argument that survives JSON. */
export type Calls<T> = { readonly [K in keyof T]: (parameter: never) => unknown }

export interface CallRequest {
  readonly id: number
  readonly name: string
  readonly parameter: unknown
}

export type CallAnswer =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string }

/** The first thing a bench process says: from now on it can be called. */
export const READY = 'ready'

/** Makes this process answer its parent's calls, and end with its parent. */
export function answerCalls<T extends Calls<T>>(calls: T): void {
  const answer = async ({ id, name, parameter }: CallRequest): Promise<CallAnswer> => {
    try {
      // The caller is typed by the same `T`, so that the name and the parameter fit.
      return { id, result: await calls[name as keyof T](parameter as never) }
    } catch (error) {
      return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    }
  }
  process.on('message', (request: CallRequest) => {
    void answer(request).then((message) => process.send?.(message))
  })
  process.on('disconnect', () => process.exit())
  process.send?.(READY)
}
