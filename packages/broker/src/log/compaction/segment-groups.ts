/** What decides which segments go into one. */
export interface SegmentSizes {
  readonly baseOffset: number
  readonly sizeInBytes: number
  readonly offsetIndexBytes: number
  readonly timeIndexBytes: number
}

export interface GroupLimits {
  readonly segmentBytes: number
  readonly indexBytes: number
  /** First offset behind the last of the segments. */
  readonly endOffset: number
}

const MAX_RELATIVE_OFFSET = 0x7fff_ffff

/**
 * Neighbours that fit into one segment as they are, so that a log which shrinks does not end as many tiny files. Kafka:
 * `Cleaner.groupSegmentsBySize`.
 */
export function groupSegments<T extends SegmentSizes>(segments: readonly T[], limits: GroupLimits): T[][] {
  const groups: T[][] = []
  let total = { sizeInBytes: 0, offsetIndexBytes: 0, timeIndexBytes: 0 }
  segments.forEach((segment, index) => {
    const group = groups.at(-1)
    const sum = {
      sizeInBytes: total.sizeInBytes + segment.sizeInBytes,
      offsetIndexBytes: total.offsetIndexBytes + segment.offsetIndexBytes,
      timeIndexBytes: total.timeIndexBytes + segment.timeIndexBytes,
    }
    const lastOffset = (segments[index + 1]?.baseOffset ?? limits.endOffset) - 1
    if (
      group !== undefined &&
      sum.sizeInBytes <= limits.segmentBytes &&
      sum.offsetIndexBytes <= limits.indexBytes &&
      sum.timeIndexBytes <= limits.indexBytes &&
      (segment.sizeInBytes === 0 || lastOffset - group[0]!.baseOffset <= MAX_RELATIVE_OFFSET)
    ) {
      group.push(segment)
      total = sum
    } else {
      groups.push([segment])
      total = { ...segment }
    }
  })
  return groups
}
