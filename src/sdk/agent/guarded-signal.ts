type Listener = EventListenerOrEventListenerObject

/**
 * Keeps what the signal's listeners throw away from the process: Node would report it as an uncaught exception, which
 * ends the process by default. A promise that a listener returns is watched as well.
 *
 * @param onError told what a listener threw
 */
export function guardListeners(signal: AbortSignal, onError: (thrown: unknown) => void): AbortSignal {
  const guarded = new WeakMap<object, Listener>()
  const guard = (listener: Listener | null): Listener => {
    // The platform's own answer to a listener that is none.
    if (listener === null || listener === undefined) return listener as never
    const known = guarded.get(listener)
    if (known !== undefined) return known
    const made = guardedListener(listener, onError)
    guarded.set(listener, made)
    return made
  }
  const add = signal.addEventListener.bind(signal)
  const remove = signal.removeEventListener.bind(signal)
  // Also reached by `onabort` and by everything in Node that listens to a signal.
  return Object.defineProperties(signal, {
    addEventListener: {
      value: (type: string, listener: Listener | null, options?: AddEventListenerOptions | boolean) =>
        add(type, guard(listener), options),
    },
    removeEventListener: {
      value: (type: string, listener: Listener | null, options?: EventListenerOptions | boolean) =>
        remove(type, guard(listener), options),
    },
  })
}

function guardedListener(listener: Listener, onError: (thrown: unknown) => void): EventListener {
  return function guarded(this: unknown, event: Event): void {
    try {
      const returned: unknown =
        typeof listener === 'function' ? listener.call(this as never, event) : listener.handleEvent(event)
      if (typeof returned === 'object' && returned !== null)
        new Promise((resolve) => resolve(returned)).catch(onError)
    } catch (thrown) {
      onError(thrown)
    }
  }
}
