/** What a process has taken of the machine, as Linux tells it. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

/** Linux counts processor time in hundredths of a second for programs, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100

/** User and system time of all threads so far. */
export function cpuSeconds(processId: number): number {
  const stat = readFileSync(`/proc/${processId}/stat`, 'latin1')
  // The second field is the command in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

export function residentMegabytes(processId: number): number {
  const match = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${processId}/status`, 'utf8'))
  assert.ok(match, 'no VmRSS')
  return (Number(match[1]) * 1024) / 1e6
}
