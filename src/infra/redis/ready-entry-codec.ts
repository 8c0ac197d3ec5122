import type { ReadyEntry } from '#domain/ports/ready-queue.ts'

/** Names the entry in the outbox and in BullMQ; equal entries are one job. BullMQ allows no colon in it. */
export function readyJobId({ taskId, readyCount }: Pick<ReadyEntry, 'taskId' | 'readyCount'>): string {
  return `${taskId}_${readyCount}`
}

export const encodeReadyEntry = (entry: ReadyEntry): string => JSON.stringify(entry)

/** Entries of version 0.1 have no `readyAt`. */
export function decodeReadyEntry(text: string): ReadyEntry {
  const entry = JSON.parse(text) as ReadyEntry
  return entry.readyAt === undefined && entry.dueAt !== undefined ? { ...entry, readyAt: entry.dueAt } : entry
}
