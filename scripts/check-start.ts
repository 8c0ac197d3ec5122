/** Starts the built server (dist/) once and stops it: `npm run build` must have run. */
import { fileURLToPath } from 'node:url'
import { checkServerStartsAndStops } from './server-check.ts'

const projectRoot = fileURLToPath(new URL('..', import.meta.url))
await checkServerStartsAndStops([process.execPath, 'dist/main.js'], { cwd: projectRoot, env: process.env })
