/** Names in a data directory, as Apache Kafka gives them (`LogFileUtils`, `UnifiedLog`). */

export type SegmentFileKind = 'log' | 'index' | 'timeindex' | 'txnindex' | 'snapshot'

/**
 * What files of a segment are called on their way in and out: `.cleaned` while compaction writes them, `.swap` once they are
 * complete and about to replace others, `.deleted` when they were replaced or have expired.
 */
export type SegmentSuffix = '' | '.cleaned' | '.swap' | '.deleted'

const OFFSET_DIGITS = 20
/** A directory name may not be longer; the topic's part of a name that would be is cut. */
const MAX_DIRECTORY_NAME_LENGTH = 255

/** `00000000000000000042.log`. A snapshot is named by the offset behind the last record it covers. */
export function segmentFileName(offset: number, kind: SegmentFileKind): string {
  return `${String(offset).padStart(OFFSET_DIGITS, '0')}.${kind}`
}

/** Undefined for any other file. */
export function parseSegmentFileName(
  name: string,
): { readonly offset: number; readonly kind: SegmentFileKind } | undefined {
  const match = /^(\d{20})\.(log|index|timeindex|txnindex|snapshot)$/.exec(name)
  if (match === null) return undefined
  const offset = Number(match[1])
  return Number.isSafeInteger(offset) ? { offset, kind: match[2] as SegmentFileKind } : undefined
}

/** `orders-7`: the name of a partition's directory, of its line in a checkpoint, of it in messages. */
export function partitionName(topic: string, partition: number): string {
  return `${topic}-${partition}`
}

/** Undefined for directories that are no partition (`orders-7.<id>-delete` among them). */
export function parsePartitionDirectory(
  name: string,
): { readonly topic: string; readonly partition: number } | undefined {
  const match = /^([a-zA-Z0-9._-]{1,249})-(\d{1,10})$/.exec(name)
  return match === null ? undefined : { topic: match[1]!, partition: Number(match[2]) }
}

export type RetiredDirectoryKind = 'delete' | 'stray'

/** `orders-7.<32 hex digits>-delete`: a directory whose content is going away, or that belongs to no topic. */
export function retiredDirectoryName(
  partitionDirectory: string,
  uniqueHex: string,
  kind: RetiredDirectoryKind,
): string {
  const suffix = `.${uniqueHex}-${kind}`
  return partitionDirectory.slice(0, MAX_DIRECTORY_NAME_LENGTH - suffix.length) + suffix
}

export function isDeletedDirectory(name: string): boolean {
  return /\.[0-9a-f]{32}-delete$/.test(name)
}
