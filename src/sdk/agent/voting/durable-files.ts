import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Only the agent's own user may read what it votes with. */
const PRIVATE = 0o600

/** Writes a file; its content survives a power loss, its name only once the directory is synced. */
export async function writeSynced(path: string, content: string): Promise<void> {
  const file = await open(path, 'w', PRIVATE)
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Puts new content in a file's place, whole or not at all, and durably once it resolves. */
export async function replaceFile(path: string, content: string): Promise<void> {
  const draft = `${path}.new`
  await writeSynced(draft, content)
  await moveSynced(draft, path)
}

/** Renames within one directory; the new name survives a power loss. */
export async function moveSynced(from: string, to: string): Promise<void> {
  await rename(from, to)
  await syncDirectory(dirname(to))
}

/** Makes durable which names the directory holds. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
