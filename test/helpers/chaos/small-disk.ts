import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findExecutable } from '../find-executable.ts'
import type { ServerProcess, ServerProcessOptions } from './server-process.ts'

/** A disk that a test can fill and free while a server uses it. */
export interface SmallDisk {
  readonly serverOptions: ServerProcessOptions
  fill(server: ServerProcess): void
  free(server: ServerProcess): void
  close(): void
}

/** The kernel lets the server's files grow no further: what every process may do to its own children. */
export function limitedFiles(): SmallDisk {
  const dataDir = mkdtempSync(join(tmpdir(), 'amos-chaos-limited-'))
  // Of util-linux, like setpriv: part of every Debian.
  const program = findExecutable('prlimit') ?? 'prlimit'
  const limit = (server: ServerProcess, bytes: string): void =>
    void execFileSync(program, [`--pid=${server.pid}`, `--fsize=${bytes}:`])
  return {
    serverOptions: { dataDir },
    fill: (server) => limit(server, String(statSync(join(dataDir, 'swarm.mdb')).size)),
    free: (server) => limit(server, 'unlimited'),
    close: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

const MOUNT = 'mount -t tmpfs -o size=32m tmpfs "$0" && exec "$@"'
const OWN_MOUNTS = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', MOUNT] as const

/** A file system of its own in memory, which only the server sees and which goes with it. */
export function smallFileSystem(): SmallDisk {
  const dataDir = mkdtempSync(join(tmpdir(), 'amos-chaos-small-'))
  const filler = ({ pid }: ServerProcess): string => join(`/proc/${pid}/root`, dataDir, 'filler')
  return {
    serverOptions: { dataDir, launcher: [...OWN_MOUNTS, dataDir] },
    fill: (server) => fillUp(filler(server)),
    free: (server) => rmSync(filler(server)),
    close: () => rmSync(dataDir, { recursive: true, force: true }),
  }
}

/** Whether this machine lets us mount one: containers often do not. */
export function maySmallFileSystem(): boolean {
  const dataDir = mkdtempSync(join(tmpdir(), 'amos-chaos-probe-'))
  try {
    const [file, ...args] = OWN_MOUNTS
    execFileSync(file, [...args, dataDir, 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  } finally {
    rmSync(dataDir, { recursive: true, force: true })
  }
}

function fillUp(path: string): void {
  for (let bytes = 1_048_576; bytes >= 4_096; bytes /= 2) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(bytes), { flag: 'a' })
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error
    }
  }
}
