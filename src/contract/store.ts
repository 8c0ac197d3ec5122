import { type Static, Type } from '@sinclair/typebox'
import { Durability, Text, Timestamp } from './scalars.ts'
import { closedObject, textEnum } from './schema.ts'

export const StoreId = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[A-Za-z0-9-]+$',
  description: 'Names a store on Redis for as long as it loses nothing.',
})

export const StoreLossReason = textEnum(['emptied', 'replaced', 'rolled_back', 'keys_missing'], {
  description:
    'What happened to the store: `emptied`, all data is gone; `replaced`, another store is in its place; ' +
    '`rolled_back`, it has older data than before; `keys_missing`, some of its data is gone.',
})

export const StoreLoss = closedObject(
  {
    reason: StoreLossReason,
    lostStoreId: StoreId,
    detectedAt: Timestamp,
  },
  {
    title: 'StoreLoss',
    description: 'The store lost data. It is not used until an operator accepts the loss.',
  },
)

export const StoreView = closedObject(
  {
    isWritable: Type.Boolean({ description: 'Whether the store takes writes.' }),
    reason: Type.Optional(Text('Why it does not take writes.')),
    durability: Durability,
    loss: Type.Optional(StoreLoss),
  },
  { title: 'Store', description: 'The state of the store of this node.' },
)
export type StoreView = Static<typeof StoreView>

export const StoreAcceptance = closedObject(
  { lostStoreId: StoreId },
  { title: 'StoreAcceptance', description: 'Names the store whose loss is accepted.' },
)
export type StoreAcceptance = Static<typeof StoreAcceptance>
