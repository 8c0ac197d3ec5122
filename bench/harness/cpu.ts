import { readFile } from 'node:fs/promises'

/** Of a Node process, asked inside it: user and system time so far, in microseconds. */
export function ownCpuMicros(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** The kernel counts in ticks of 10 ms on every Linux we know (`getconf CLK_TCK` is 100). */
const MICROS_PER_TICK = 10_000

/** Of any process, from `/proc`: user and system time so far, in microseconds; NaN where there is no `/proc`. */
export async function cpuMicrosOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the program's name in brackets and may hold spaces; utime and stime are 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN)) * MICROS_PER_TICK
}
