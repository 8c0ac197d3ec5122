import type { AnswerOf, ArgumentOf, SwarmMethod, SwarmService } from './swarm-service.ts'

type Call = (argument: unknown) => Promise<unknown>

/** Runs a call by its name. @throws TypeError for a name that the service does not have */
export function invoke<M extends SwarmMethod>(
  service: SwarmService,
  method: M,
  argument: ArgumentOf<M>,
): Promise<AnswerOf<M>> {
  const [area = '', name = ''] = method.split('.')
  const target = service[area as keyof SwarmService] as SwarmService[keyof SwarmService] | undefined
  const call = target?.[name as never] as Call | undefined
  if (typeof call !== 'function') throw new TypeError(`the swarm has no method ${method}`)
  return call.call(target, argument) as Promise<AnswerOf<M>>
}

/** The service over something that carries calls by their names: every method of the interface, and none kept by hand. */
export function forwardingService(
  carry: <M extends SwarmMethod>(method: M, argument: ArgumentOf<M>) => Promise<AnswerOf<M>>,
): SwarmService {
  return byName((area) =>
    byName((name) => (argument: never) => carry(`${area}.${name}` as SwarmMethod, argument)),
  ) as unknown as SwarmService
}

/** An object whose member of any name is made once, when it is first asked for. */
function byName(make: (name: string) => unknown): object {
  const made = new Map<string, unknown>()
  return new Proxy(Object.freeze({}), {
    get(_, name) {
      // Whoever awaits such an object asks for `then` first.
      if (typeof name !== 'string' || name === 'then') return undefined
      if (!made.has(name)) made.set(name, make(name))
      return made.get(name)
    },
  })
}

/** The members of `over`, and for all other names those of `base`. */
export function overlaid<T extends object>(base: T, over: Partial<T>): T {
  return Object.assign(Object.create(base), over) as T
}
