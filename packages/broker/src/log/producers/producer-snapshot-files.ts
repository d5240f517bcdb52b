/** The `.snapshot` files of a partition's directory. */
import type { Files } from '@millrace/platform'
import type { BatchCodecs } from '@millrace/protocol'
import { parseSegmentFileName, segmentFileName } from '../directory/file-names.ts'
import { writeSmallFile } from '../directory/partition-files.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from './producer-snapshot.ts'
import { ProducerStates } from './producer-state.ts'

export interface LoadedProducers {
  readonly producers: ProducerStates
  /** Offset up to which the log's batches are in it. */
  readonly upToOffset: number
}

/** Writes the producers as they are at `offset`. A snapshot lost in a crash costs a longer replay from an older one. */
export function writeProducerSnapshot(
  files: Files,
  directory: string,
  offset: number,
  producers: ProducerStates,
  codecs: BatchCodecs,
): string {
  const path = `${directory}/${segmentFileName(offset, 'snapshot')}`
  writeSmallFile(files, path, encodeProducerSnapshot(producers.values(), codecs))
  return path
}

/**
 * The newest readable snapshot of `[firstOffset, maxOffset]`, or nothing as of `firstOffset`, where the oldest file begins.
 * An older snapshot is of no use: what came between is deleted, markers that have ended its transactions among it.
 */
export function loadProducerSnapshot(
  files: Files,
  directory: string,
  range: { readonly firstOffset: number; readonly maxOffset: number },
  nowMs: number,
  codecs: BatchCodecs,
): LoadedProducers {
  const producers = new ProducerStates()
  for (const offset of snapshotOffsets(files, directory).reverse()) {
    if (offset > range.maxOffset || offset < range.firstOffset) continue
    const entries = decodeProducerSnapshot(
      files.read(`${directory}/${segmentFileName(offset, 'snapshot')}`),
      nowMs,
      codecs,
    )
    if (entries === undefined) continue
    producers.restore(entries)
    return { producers, upToOffset: offset }
  }
  return { producers, upToOffset: range.firstOffset }
}

/**
 * Removes snapshots behind `logEndOffset`, and those that no recovery would begin with: all but the last and those at the
 * start of a segment.
 */
export function removeStraySnapshots(
  files: Files,
  directory: string,
  segmentOffsets: ReadonlySet<number>,
  logEndOffset: number,
): void {
  const offsets = snapshotOffsets(files, directory)
  const last = offsets.findLast(offset => offset <= logEndOffset)
  for (const offset of offsets)
    if (offset !== last && (offset > logEndOffset || !segmentOffsets.has(offset)))
      files.remove(`${directory}/${segmentFileName(offset, 'snapshot')}`)
}

function snapshotOffsets(files: Files, directory: string): number[] {
  return files
    .list(directory)
    .map(parseSegmentFileName)
    .filter(file => file?.kind === 'snapshot')
    .map(file => file!.offset)
}
