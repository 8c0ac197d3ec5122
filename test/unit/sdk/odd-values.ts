import { TaskFailure } from '#sdk/index.ts'

/** A name of its own: no value here is to be awaited by mistake. */
const THEN = ['th', 'en'].join('')

function refuse(): never {
  throw new Error('not to be read')
}

/** Reading anything of it throws. */
function hostile(): object {
  const traps = Object.getOwnPropertyNames(Reflect).map((name) => [name, refuse] as const)
  return new Proxy({}, Object.fromEntries(traps))
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

function errorWith(descriptor: PropertyDescriptor, name = 'message'): Error {
  return Object.defineProperty(new Error('before'), name, descriptor)
}

function causingItself(): Error {
  const error = new Error('round and round')
  error.cause = error
  return error
}

/** Values that user code can throw or return, by what is odd about each. */
export const ODD_VALUES: readonly (readonly [string, () => unknown])[] = [
  ['undefined', () => undefined],
  ['null', () => null],
  ['a text', () => 'no error'],
  ['an empty text', () => ''],
  ['a number', () => Number.NaN],
  ['a bigint', () => 5n],
  ['a symbol', () => Symbol('odd')],
  ['a function', () => refuse],
  ['an object without a prototype', () => Object.create(null) as unknown],
  ['an object whose toString throws', () => ({ toString: refuse })],
  ['an object whose toString returns an object', () => ({ toString: () => ({}), valueOf: () => ({}) })],
  ['an object whose toPrimitive throws', () => ({ [Symbol.toPrimitive]: refuse })],
  ['an object whose toJSON throws', () => ({ toJSON: refuse })],
  [
    'an object that contains itself',
    () =>
      Object.assign(Object.create({}), {
        get self() {
          return this as unknown
        },
      }) as unknown,
  ],
  ['an error whose message is an object', () => errorWith({ value: { a: 1 } })],
  ['an error whose message has no prototype', () => errorWith({ value: Object.create(null) as unknown })],
  ['an error whose message cannot be read', () => errorWith({ get: refuse })],
  ['an error whose code cannot be read', () => errorWith({ get: refuse }, 'code')],
  ['an error whose code is an object', () => errorWith({ value: {} }, 'code')],
  ['an error without a prototype', () => Object.setPrototypeOf(new Error('bare'), null) as unknown],
  ['an error that is its own cause', causingItself],
  ['an error with half of a surrogate pair', () => new Error('\ud83d')],
  ['an error with a very long message', () => new Error(`${'x'.repeat(4_095)}\u{1f600}`)],
  ['a failure with an odd code', () => new TaskFailure('odd', { code: {} as string })],
  [
    'a failure that cannot be asked',
    () => Object.defineProperty(new TaskFailure('odd'), 'retryable', { get: refuse }),
  ],
  ['a proxy that throws', hostile],
  ['a revoked proxy', revoked],
  ['a thenable that throws', () => Object.fromEntries([[THEN, refuse]]) as unknown],
  ['a thenable whose then cannot be read', () => Object.defineProperty({}, THEN, { get: refuse })],
  ['a rejected promise', () => Promise.reject(Object.create(null) as Error)],
]

/** Ways in which user code that is called hands such a value on. */
export const WAYS: readonly (readonly [string, (make: () => unknown) => unknown])[] = [
  [
    'throws',
    (make) => {
      throw make()
    },
  ],
  [
    'rejects with',
    async (make) => {
      await Promise.resolve()
      throw make()
    },
  ],
  ['returns', (make) => make()],
]
