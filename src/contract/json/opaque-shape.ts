import type { TSchema } from '@sinclair/typebox'

/** Marks the schema of a value that is kept and relayed as the text it was sent as. */
export const OPAQUE = Symbol('opaque')

/** Where opaque values stand in a document: here, in members of an object, or in the items of a list. */
export type OpaqueShape =
  | typeof OPAQUE
  | { readonly members: ReadonlyMap<string, OpaqueShape> }
  | { readonly items: OpaqueShape }

/** Undefined where nothing in the document is opaque. */
export function opaqueShapeOf(schema: TSchema): OpaqueShape | undefined {
  if (OPAQUE in schema) return OPAQUE
  if (schema['type'] === 'array') {
    const items = opaqueShapeOf(schema['items'] as TSchema)
    return items === undefined ? undefined : { items }
  }
  const members = new Map<string, OpaqueShape>()
  for (const [name, member] of Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>)) {
    const shape = opaqueShapeOf(member)
    if (shape !== undefined) members.set(name, shape)
  }
  return members.size === 0 ? undefined : { members }
}

/** The shape of documents of which each fits one of several schemas. */
export function opaqueShapeOfAny(schemas: readonly TSchema[]): OpaqueShape | undefined {
  const properties = Object.fromEntries(
    schemas.flatMap((schema) =>
      Object.entries((schema['properties'] ?? {}) as Record<string, TSchema>).filter(
        ([, member]) => opaqueShapeOf(member) !== undefined,
      ),
    ),
  )
  return opaqueShapeOf({ properties } as unknown as TSchema)
}
