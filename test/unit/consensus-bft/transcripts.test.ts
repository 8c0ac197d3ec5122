import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { playTranscript } from './transcript-player.ts'

const folder = fileURLToPath(new URL('../../transcripts/bft/', import.meta.url))
const files = readdirSync(folder).filter((name) => name.endsWith('.txt'))

describe('transcripts of the decision core', () => {
  it('are there', () => {
    expect(files.length).toBeGreaterThan(5)
  })

  // To write the answers anew, and read them: npx vitest run --project unit transcripts --update
  it.each(files)('still go as in %s', async (name) => {
    const path = `${folder}${name}`
    await expect(playTranscript(readFileSync(path, 'utf8'))).toMatchFileSnapshot(path)
  })
})
