/** Starts the built server (dist/) once and stops it: `npm run build` must have run. */
import { fileURLToPath } from 'node:url'
import { checkServer } from './server-check.ts'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))
await checkServer([process.execPath, 'dist/main.js'], { cwd: projectRoot, env: process.env })
