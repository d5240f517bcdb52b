import { readFileSync, writeFileSync } from 'node:fs'

/** Bytes that a process holds in memory; the most it ever did (`VmHWM`) with `peak`. Linux only. */
export function residentBytes(processId: number, kind: 'now' | 'peak' = 'now'): number {
  const status = readFileSync(`/proc/${processId}/status`, 'utf8')
  const match = new RegExp(`^${kind === 'now' ? 'VmRSS' : 'VmHWM'}:\\s+(\\d+) kB$`, 'm').exec(status)
  if (match === null) throw new Error(`no resident memory in ${status}`)
  return Number(match[1]) * 1024
}

/** The peak begins anew. */
export function forgetPeak(processId: number): void {
  writeFileSync(`/proc/${processId}/clear_refs`, '5')
}
