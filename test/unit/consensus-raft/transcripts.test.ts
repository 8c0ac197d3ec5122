import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { runTranscript } from './lab/transcript.ts'

const folder = fileURLToPath(new URL('../../transcripts/raft', import.meta.url))

it.each(readdirSync(folder))('behaves as written down in test/transcripts/raft/%s', async (name) => {
  const path = join(folder, name)
  // Rewritten by `npm run test:transcripts -- --update`.
  await expect(runTranscript(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path)
})
