import { SwarmError } from '../../model/errors.ts'
import type { AgentId, EpochMs } from '../../model/ids.ts'
import { recordKind } from '../../model/record-kind.ts'
import { ownerOf } from './memory-key.ts'
import { DEFAULT_WEIGHTS, type FieldWeights } from './search/value-text.ts'

/** Whom access is given to: agents of the swarm, and API keys from a role on. */
export const MEMORY_GRANTEES = ['agent', 'viewer', 'submitter', 'operator', 'admin'] as const
export type MemoryGrantee = (typeof MEMORY_GRANTEES)[number]

/** Who asks. The server takes it from the credential. */
export interface MemoryCaller {
  readonly agentId?: AgentId
  /** Of an API key; left out for an agent. */
  readonly role?: Exclude<MemoryGrantee, 'agent'>
  /** The name of an API key. */
  readonly client?: string
}

export interface NamespaceSettings {
  /** Who reads; a role stands for all above it. */
  readonly readers: readonly MemoryGrantee[]
  readonly writers: readonly MemoryGrantee[]
  readonly recordsMax: number
  /** Sum of the records' bytes. */
  readonly bytesMax: number
  /** For the lexical index. Records written before a change keep theirs until they are written or indexed again. */
  readonly weights: FieldWeights
}

export interface NamespaceRecord {
  readonly format: 1
  readonly name: string
  /** What was declared; left out where the namespace came to be by a first write. */
  readonly settings?: NamespaceSettings
  readonly createdAt: EpochMs
  readonly recordCount: number
  readonly byteCount: number
  /** No version below or at this one is given again: the greatest of a record that was removed. */
  readonly versionFloor: number
  /** Places given to records that named a sequence and no place in it. */
  readonly positionCount: number
  /** Numbers in each embedding, as in the first one written. */
  readonly dimensions?: number
}

/** Under the namespace's name. */
export const NAMESPACE_RECORDS = recordKind<NamespaceRecord>('memory_namespace')

export interface NamespaceDefaults {
  readonly recordsMax: number
  readonly bytesMax: number
}

export function settingsOf(
  name: string,
  record: NamespaceRecord | undefined,
  defaults: NamespaceDefaults,
): NamespaceSettings {
  if (record?.settings !== undefined) return record.settings
  const isPrivate = ownerOf(name) !== undefined
  return {
    readers: isPrivate ? [] : ['agent', 'viewer'],
    writers: isPrivate ? [] : ['agent', 'submitter'],
    ...defaults,
    weights: DEFAULT_WEIGHTS,
  }
}

/** Whether only some of those who read the swarm may read the namespace: its keys must not show in events. */
export function isRestricted(name: string, settings: NamespaceSettings | undefined): boolean {
  if (ownerOf(name) !== undefined) return true
  return (
    settings !== undefined && !(settings.readers.includes('agent') && settings.readers.includes('viewer'))
  )
}

/** @throws SwarmError `memory_forbidden` */
export function requireAccess(
  access: 'read' | 'write',
  name: string,
  settings: NamespaceSettings,
  caller: MemoryCaller,
): void {
  if (!mayAccess(access, name, settings, caller))
    throw new SwarmError('memory_forbidden', { namespace: name, access })
}

/** An agent's own namespace is open to the agent, and to administrators. */
export function mayAccess(
  access: 'read' | 'write',
  name: string,
  { readers, writers }: NamespaceSettings,
  { agentId, role }: MemoryCaller,
): boolean {
  const owner = ownerOf(name)
  if (owner !== undefined) return agentId === owner || role === 'admin'
  const granted = access === 'read' ? readers : writers
  if (agentId !== undefined) return granted.includes('agent')
  if (role === undefined) return false
  const rank = MEMORY_GRANTEES.indexOf(role)
  return granted.some((grantee) => grantee !== 'agent' && MEMORY_GRANTEES.indexOf(grantee) <= rank)
}
