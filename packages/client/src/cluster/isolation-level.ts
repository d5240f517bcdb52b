/** How Fetch and ListOffsets number isolation levels (KIP-98). */
export const ISOLATION_LEVELS = { read_uncommitted: 0, read_committed: 1 } as const

export type IsolationLevel = keyof typeof ISOLATION_LEVELS
