/** Where to start reading a changelog so that a store is complete. Pure. */
import type { ChangelogPosition } from '../state/manifest.ts'
import { isSameLayout, type StoreLayout } from '../state/store-layout.ts'

/** What the cluster has of a changelog partition. */
export interface ChangelogExtent {
  /** Null from brokers that do not tell. */
  readonly topicId: string | null
  readonly logStartOffset: number
  /** Restoring ends here. */
  readonly logEndOffset: number
}

/** What the local state may be used for. `offset` is the first record to restore. */
export type RestoreStart =
  | { readonly kind: 'continue'; readonly offset: number }
  /** Nothing is here yet. */
  | { readonly kind: 'from-start'; readonly offset: number }
  /** What is here must go: it does not belong to this log, or cannot be brought up to it. */
  | { readonly kind: 'start-over'; readonly offset: number; readonly reason: string }

/** `delete.retention.ms` of a changelog: tombstones older than this may be compacted away before they are seen. */
const TOMBSTONE_RETENTION_MS = 86_400_000

/**
 * @param position what the state was persisted with; undefined when the store has never been
 * @param persistedAtMs wall clock of that
 * @param layout of the store as it is now: a changed retention or grace moves the rows of windows
 */
export function restoreStart(
  position: ChangelogPosition | undefined,
  persistedAtMs: number | undefined,
  { topicId, logStartOffset, logEndOffset }: ChangelogExtent,
  nowMs: number,
  layout: StoreLayout,
): RestoreStart {
  if (position === undefined) return { kind: 'from-start', offset: logStartOffset }
  const startOver = (reason: string): RestoreStart => ({ kind: 'start-over', offset: logStartOffset, reason })
  if (position.topicId !== null && topicId !== null && position.topicId !== topicId) {
    return startOver('its changelog was deleted and made again')
  }
  if (!isSameLayout(position.layout, layout)) return startOver('its rows were written in another layout')
  const { offset } = position
  if (offset > logEndOffset) return startOver(`it stands at ${offset} of a changelog that ends at ${logEndOffset}`)
  if (offset === logEndOffset) return { kind: 'continue', offset }
  if (offset < logStartOffset)
    return startOver(`it stands at ${offset} of a changelog that starts at ${logStartOffset}`)
  if (persistedAtMs !== undefined && nowMs - persistedAtMs > TOMBSTONE_RETENTION_MS) {
    return startOver('it is older than the tombstones of its changelog')
  }
  return { kind: 'continue', offset }
}
