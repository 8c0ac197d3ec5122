import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Ed25519Key } from '#infra/system/ed25519-key.ts'
import { moveSynced, syncDirectory, writeSynced } from './durable-files.ts'
import { FileRaftStore } from './file-raft-store.ts'
import { FileSigningJournal } from './file-signing-journal.ts'
import { UnusableState } from './unusable-state.ts'

/** A voter's key, and all that it may not forget; made together, and never used apart. */
export interface KeyFiles {
  readonly key: Ed25519Key
  readonly journal: FileSigningJournal
  readonly raftStore: FileRaftStore
}

export interface FoundKey {
  readonly files: KeyFiles
  /** Why the key that was there before is not used any more, where there was one. */
  readonly replaced: string | undefined
}

const KEY_FILE = 'key.pem'
const JOURNAL_FILE = 'signed.jsonl'
const RAFT_FILE = 'election.json'
/** Enough to tell an agent's keys apart. */
const NAME_DIGITS = 16
/** A journal remembers every proposal its key has voted on. Past this many the key is replaced, at a start. */
const ENDED_MAX = 100_000

/**
 * The agent's key from an earlier run, or a new one where there is none that may be used. One whose record is gone is
 * put aside for good: it might sign the opposite of what it signed before.
 *
 * @param directory the agent's own, which no other process touches
 */
export async function findKey(directory: string): Promise<FoundKey> {
  let replaced: string | undefined
  for (const name of (await readdir(directory)).toSorted()) {
    const path = join(directory, name)
    if (name.startsWith('new-')) await rm(path, { recursive: true })
    if (!name.startsWith('key-')) continue
    try {
      return { files: await openKey(path), replaced }
    } catch (error) {
      if (!(error instanceof UnusableState)) throw error
      replaced = error.message
      await moveSynced(path, join(directory, `unusable-${name}-${Date.now()}`))
    }
  }
  return { files: await openKey(await makeKey(directory)), replaced }
}

/** Under a name of its own until it is complete and on disk: a crash leaves a whole key or none. */
async function makeKey(directory: string): Promise<string> {
  const draft = await mkdtemp(join(directory, 'new-'))
  const key = Ed25519Key.generate()
  const { publicKey } = key
  await writeSynced(join(draft, KEY_FILE), key.toPem())
  await FileSigningJournal.create({ path: join(draft, JOURNAL_FILE), publicKey })
  await FileRaftStore.create({ path: join(draft, RAFT_FILE), publicKey })
  await syncDirectory(draft)
  const path = join(directory, `key-${publicKey.slice(0, NAME_DIGITS)}`)
  await moveSynced(draft, path)
  return path
}

/** @throws UnusableState */
async function openKey(path: string): Promise<KeyFiles> {
  // A rename of the run before may not have reached the disk.
  await syncDirectory(path)
  const key = keyOf(await present(readFile(join(path, KEY_FILE), 'utf8'), KEY_FILE))
  const { publicKey } = key
  const raftStore = await present(FileRaftStore.open({ path: join(path, RAFT_FILE), publicKey }), RAFT_FILE)
  const journal = await present(
    FileSigningJournal.open({ path: join(path, JOURNAL_FILE), publicKey }),
    JOURNAL_FILE,
  )
  if (journal.endedCount <= ENDED_MAX || journal.openProposals.length > 0) return { key, journal, raftStore }
  await journal.close()
  throw new UnusableState('the key has voted on enough proposals')
}

async function present<T>(opening: Promise<T>, fileName: string): Promise<T> {
  try {
    return await opening
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    throw isMissing ? new UnusableState(`${fileName} is missing`) : error
  }
}

function keyOf(pem: string): Ed25519Key {
  try {
    return Ed25519Key.fromPem(pem)
  } catch (error) {
    throw new UnusableState('the key cannot be read', { cause: error })
  }
}
