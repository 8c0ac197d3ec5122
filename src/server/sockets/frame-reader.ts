import type { TObject, TSchema } from '@sinclair/typebox'
import { type TypeCheck, TypeCompiler, type ValueError } from '@sinclair/typebox/compiler'
import { cutText } from '#contract/text.ts'
import { oneOf, unionMismatch } from '../input/union-mismatch.ts'
import { RequestError } from '../problem/request-error.ts'

/** Checks decoded frames against the contract, by checks that were compiled once. */
export class FrameReader<F extends { readonly type: string }> {
  readonly #checks: ReadonlyMap<string, TypeCheck<TObject>>

  constructor(frames: Readonly<Record<F['type'], TObject>>) {
    this.#checks = new Map(
      Object.entries<TObject>(frames).map(([type, schema]) => [type, TypeCompiler.Compile(schema)]),
    )
  }

  /** @throws RequestError `frame_unknown`, `frame_invalid` */
  read(decoded: unknown): F {
    const { type } = (decoded ?? {}) as { readonly type?: unknown }
    if (typeof type !== 'string') throw new RequestError('frame_invalid', 'A frame is an object with a type.')
    const check = this.#checks.get(type)
    if (check === undefined) {
      const known = [...this.#checks.keys()].join(', ')
      throw new RequestError('frame_unknown', `${cutText(type, 64)} is none of ${known}.`)
    }
    if (check.Check(decoded)) return decoded as F
    const { pointer, detail } = explain(check.Errors(decoded).First())
    throw new RequestError('frame_invalid', `${pointer} ${detail}`, {
      errors: [{ in: 'frame', pointer, detail }],
    })
  }
}

function explain(wrong: ValueError | undefined): { readonly pointer: string; readonly detail: string } {
  if (wrong === undefined) return { pointer: '', detail: 'is not valid' }
  const { path: pointer, message, value } = wrong
  const schema: TSchema & SchemaKeywords = wrong.schema
  if (schema.enum !== undefined) return { pointer, detail: oneOf(schema.enum) }
  if (schema.const !== undefined) return { pointer, detail: oneOf([schema.const]) }
  if (schema.anyOf === undefined) return { pointer, detail: message }
  const mismatch = unionMismatch(schema.anyOf, value)
  if ('detail' in mismatch) return { pointer: pointer + mismatch.pointer, detail: mismatch.detail }
  const inside = wrong.errors[mismatch.optionIndex]?.First()
  return inside === undefined ? { pointer, detail: message } : explain(inside)
}

interface SchemaKeywords {
  readonly enum?: readonly unknown[]
  readonly const?: unknown
  readonly anyOf?: readonly TSchema[]
}
