/**
 * What a crash may leave of a replacement of segments, and how a start goes on from there. Compaction renames the files of
 * the cleaned segment from `.cleaned` to `.swap`, then those of the old ones to `.deleted`, then takes `.swap` away; the
 * names of one directory become durable in order.
 *
 * | found                                      | then                                                             |
 * | ------------------------------------------ | ---------------------------------------------------------------- |
 * | `.cleaned`, with or without `.swap` of it  | it was not complete: both go, the old segments stay              |
 * | `.swap` of a log                           | it was: the old segments it covers go, `.swap` is taken away     |
 * | `.swap` of indexes only                    | their log has its name already: `.swap` is taken away            |
 * | `.deleted`                                 | goes                                                             |
 *
 * Each step can be repeated after a crash in the middle. Kafka: `LogLoader`.
 */
import type { Files } from '@millrace/platform'
import { parseSegmentFileName, type SegmentFileKind, type SegmentSuffix } from '../directory/file-names.ts'
import { scanBatches } from '../segment/batch-scan.ts'

interface SegmentFile {
  readonly path: string
  readonly pathWithoutSuffix: string
  readonly kind: SegmentFileKind
  readonly offset: number
}

/** Finishes or takes back what a crash has interrupted. */
export async function recoverSwaps(files: Files, directory: string): Promise<void> {
  for (const { path } of filesWith('.deleted', files, directory)) files.remove(path)
  const cleaned = filesWith('.cleaned', files, directory)
  const firstIncomplete = Math.min(...cleaned.map(({ offset }) => offset))
  for (const { path, offset } of filesWith('.swap', files, directory)) if (offset >= firstIncomplete) files.remove(path)
  for (const { path } of cleaned) files.remove(path)

  const swaps = filesWith('.swap', files, directory)
  for (const swap of swaps) if (swap.kind === 'log') await removeCovered(swap, files, directory)
  for (const { path, pathWithoutSuffix } of swaps) files.rename(path, pathWithoutSuffix)
}

async function removeCovered(swap: SegmentFile, files: Files, directory: string): Promise<void> {
  const endOffset = await endOffsetOf(swap, files)
  for (const { path, kind, offset } of filesWith('', files, directory))
    if (kind !== 'snapshot' && offset >= swap.offset && offset < endOffset) files.remove(path)
}

async function endOffsetOf({ path, offset }: SegmentFile, files: Files): Promise<number> {
  const file = files.open(path, 'read')
  // A segment of which nothing is left covers the one it is named after.
  let endOffset = offset + 1
  try {
    await scanBatches(file, 0, file.size, batch => {
      endOffset = batch.nextOffset
      return true
    })
  } finally {
    file.close()
  }
  return endOffset
}

function filesWith(suffix: SegmentSuffix, files: Files, directory: string): SegmentFile[] {
  const found: SegmentFile[] = []
  for (const name of files.list(directory)) {
    if (!name.endsWith(suffix)) continue
    const pathWithoutSuffix = name.slice(0, name.length - suffix.length)
    const parsed = parseSegmentFileName(pathWithoutSuffix)
    if (parsed !== undefined)
      found.push({ path: `${directory}/${name}`, pathWithoutSuffix: `${directory}/${pathWithoutSuffix}`, ...parsed })
  }
  return found
}
