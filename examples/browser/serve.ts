/** Serves the page, and the client in one file as any bundler would make it. The AMOS server has to allow this origin. */
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const port = Number(process.env['PORT'] ?? 8080)
const page = await readFile(new URL('index.html', import.meta.url))
const { outputFiles } = await build({
  entryPoints: [fileURLToPath(import.meta.resolve('amos-swarm/client'))],
  bundle: true,
  format: 'esm',
  write: false,
  // The sources, as this clone has them; an installed package is bundled without this line.
  conditions: ['source'],
})

const server = createServer(({ url = '/' }, response) => {
  const isClient = url === '/client.js'
  response.setHeader('content-type', isClient ? 'text/javascript' : 'text/html; charset=utf-8')
  response.end(isClient ? outputFiles[0]?.contents : page)
})
server.listen(port, '127.0.0.1', () => console.log(`open http://127.0.0.1:${port}`))
