import { type Static, Type } from '@sinclair/typebox'
import { LIMITS } from './limits.ts'
import { closedObject } from './schema.ts'

export const ReplicaId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  maxLength: LIMITS.idLengthMax,
  description:
    'Names one replica: one process that numbers its own changes. A process that lost its state takes a new name.',
  examples: ['replica-7f3a'],
})

const replicaNumber = (description: string, minimum = 0) =>
  Type.Integer({ minimum, maximum: Number.MAX_SAFE_INTEGER, description })

const amount = Type.Integer({
  minimum: -Number.MAX_SAFE_INTEGER,
  maximum: Number.MAX_SAFE_INTEGER,
  description: 'What the increment adds; negative to count down.',
})

export const HybridStamp = Type.Tuple(
  [
    replicaNumber('Milliseconds since the Unix epoch.'),
    replicaNumber('Orders what happens within one millisecond, or under a clock that is behind.'),
    ReplicaId,
  ],
  { description: 'A time of a hybrid logical clock. Compared place by place.' },
)

const Dot = Type.Tuple([ReplicaId, replicaNumber('The number of the addition.', 1)], {
  description: 'Names one addition.',
})

const LwwState = closedObject(
  {
    type: Type.Literal('lww'),
    value: Type.String({
      maxLength: LIMITS.payloadBytesMax,
      description: 'The value, as JSON text.',
    }),
    stamp: HybridStamp,
  },
  { description: 'A register: the value with the greatest stamp stands.' },
)

const CounterState = closedObject(
  {
    type: Type.Literal('counter'),
    entries: Type.Array(
      Type.Tuple(
        [
          ReplicaId,
          replicaNumber('Increments without a gap.'),
          replicaNumber('Their positive amounts.'),
          replicaNumber('Their negative amounts.'),
          Type.Array(Type.Tuple([replicaNumber('The number of the increment.', 1), amount]), {
            maxItems: LIMITS.crdtEarlyMax,
            description: 'Increments that came before an earlier one did.',
          }),
        ],
        { description: 'What one replica has added.' },
      ),
      { maxItems: LIMITS.crdtReplicasMax, description: 'In the order of the replicas.' },
    ),
  },
  { description: 'A counter: the sum of all increments seen.' },
)

const OrSetState = closedObject(
  {
    type: Type.Literal('or_set'),
    elements: Type.Array(
      Type.Tuple([
        Type.String({ maxLength: LIMITS.setElementLengthMax, description: 'The element.' }),
        Type.Array(Dot, {
          minItems: 1,
          maxItems: LIMITS.crdtReplicasMax,
          description: 'The additions that hold it.',
        }),
      ]),
      { maxItems: LIMITS.setElementsMax, description: 'What is in the set, in order.' },
    ),
    context: Type.Array(
      Type.Tuple([
        ReplicaId,
        replicaNumber('All additions of the replica up to this one were seen.'),
        Type.Array(replicaNumber('An addition above.', 1), {
          maxItems: LIMITS.crdtEarlyMax,
          description: 'Additions that came before an earlier one did.',
        }),
      ]),
      {
        maxItems: LIMITS.crdtReplicasMax,
        description: 'All additions seen, those that were removed included.',
      },
    ),
  },
  { description: 'A set: an addition wins over a concurrent removal.' },
)

export const CrdtState = Type.Union([LwwState, CounterState, OrSetState], {
  title: 'CrdtState',
  description:
    'The state of a replicated record, or a part of one. Merging it is commutative, associative and idempotent.',
})
export type CrdtState = Static<typeof CrdtState>
