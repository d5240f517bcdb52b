import type { IsolationLevel } from '../log/partition-log.ts'

const READ_COMMITTED = 1

/** The isolation level of a Fetch or ListOffsets request (KIP-98). */
export function isolationOf({ isolationLevel }: { readonly isolationLevel: number }): IsolationLevel {
  return isolationLevel === READ_COMMITTED ? 'read_committed' : 'read_uncommitted'
}
