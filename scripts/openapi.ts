import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { asyncApiDocument } from '#contract/documents/asyncapi-document.ts'
import { openApiDocument } from '#contract/documents/openapi-document.ts'

/** Writes openapi/*.json from the contract; with `--check` it compares instead and exits 1 where they differ. */
const DOCUMENTS = {
  'openapi/openapi.json': openApiDocument,
  'openapi/asyncapi.json': asyncApiDocument,
}

const isCheck = process.argv.includes('--check')
await mkdir('openapi', { recursive: true })

for (const [path, generate] of Object.entries(DOCUMENTS)) {
  const text = `${JSON.stringify(generate(), null, 2)}\n`
  if (!isCheck) {
    await writeFile(path, text)
    console.log(`wrote ${path}`)
    continue
  }
  const committed = await readFile(path, 'utf8').catch(() => '')
  if (committed === text) {
    console.log(`${path} is up to date`)
  } else {
    console.error(`${path} differs from the contract: run npm run openapi and commit it`)
    process.exitCode = 1
  }
}
