import type { NodeId, Scope } from '#domain/model/ids.ts'
import type { RecordKind, RecordKinds } from '#domain/model/record-kind.ts'

/** All keys of one scope share one hash tag, so that one script may touch them wherever Redis keeps them. */
const inScope = (scope: Scope, name: string): string => `amos:{${scope}}:${name}`

/** Hash `epoch, sequence, runId, rankBase`: what numbers the scope's coordinatorships and events. Never dropped. */
export const metaKey = (scope: Scope): string => inScope(scope, 'meta')
/** String with a time to live: the node that coordinates the scope. */
export const coordinatorKey = (scope: Scope): string => inScope(scope, 'coordinator')
/** Stream; the id of an entry is `<sequence>-0`. */
export const eventsKey = (scope: Scope): string => inScope(scope, 'events')
/** Hash from job id to ready entry: committed, and not yet known to be in the ready queue. */
export const outboxKey = (scope: Scope): string => inScope(scope, 'outbox')
/** Hash from record id to encoded record; see `record-codec.ts`. */
export const recordsKey = (scope: Scope, kind: RecordKind): string => inScope(scope, `records:${kind.name}`)
/** Sorted set, all scores 0: the ids of a kind in their order. */
export const idsKey = (scope: Scope, kind: RecordKind): string => inScope(scope, `ids:${kind.name}`)
/** The same for open records only. */
export const openKey = (scope: Scope, kind: RecordKind): string => inScope(scope, `open:${kind.name}`)

/** What BullMQ puts before the names of its own keys; with {@link READY_QUEUE_NAME} it makes `amos:{scope}:bull:ready:…`. */
export const bullPrefix = (scope: Scope): string => inScope(scope, 'bull')
export const READY_QUEUE_NAME = 'ready'

/** Sorted set: ids of a kind by the time of their records; only of kinds with such an index. */
export const timesKey = (scope: Scope, kind: RecordKind): string => inScope(scope, `times:${kind.name}`)

/** All keys of one kind, in the order in which the scripts take them. */
export function keysOfKind(scope: Scope, kind: RecordKind): readonly string[] {
  return [recordsKey(scope, kind), idsKey(scope, kind), openKey(scope, kind), timesKey(scope, kind)]
}

/** Everything `drop` removes. */
export function droppedKeys(scope: Scope, kinds: RecordKinds): readonly string[] {
  return [...kinds.all.flatMap((kind) => keysOfKind(scope, kind)), eventsKey(scope), outboxKey(scope)]
}

/** Hash that names the store; see `marker-scripts.ts`. */
export const MARKER_KEY = 'amos:store'
/** Sorted set of nodes by the time of their last sign of life, on Redis' clock. */
export const NODES_KEY = 'amos:nodes'
/** Channel for what is sent to one node. */
export const nodeChannel = (node: NodeId): string => `amos:node:${node}`
/** Channel for what is sent to all nodes. */
export const NODES_CHANNEL = 'amos:all-nodes'
/** Channel for the announcements of one scope's new events. */
export const appendedChannel = (scope: Scope): string => inScope(scope, 'appended')
