import type { Files } from '@millrace/platform'
import type { BatchCodecs } from '@millrace/protocol'
import { parsePartitionDirectory, segmentFileName } from '../directory/file-names.ts'
import { readPartitionTopicId } from '../directory/partition-files.ts'
import { decodeJournal, type JournalGroup, type JournalWrite } from './journal-group.ts'
import { journalPaths } from './sync-journal.ts'

/**
 * Writes what the journal of a directory holds back into the log files, where a crash may have lost it; the recovery of the
 * logs then makes it durable. What the logs have already is written again as it is. Left out is what recovery need not look at
 * (compaction may have changed it since), and what belongs to a partition or segment that is no more.
 *
 * Throws a FileError: records that were acknowledged would be missing.
 */
export function replayJournal(
  files: Files,
  directory: string,
  recoveryPointOf: (topic: string, partition: number) => number,
  codecs: BatchCodecs,
): void {
  const journals: JournalGroup[][] = journalPaths(directory)
    .filter(path => files.exists(path))
    .map(path => decodeJournal(files.read(path), codecs))
  journals.sort((a, b) => (a[0]?.generation ?? 0) - (b[0]?.generation ?? 0))
  for (const { writes } of journals.flat())
    for (const write of writes) {
      const parsed = parsePartitionDirectory(write.partition)
      if (parsed === undefined || write.endOffset <= recoveryPointOf(parsed.topic, parsed.partition)) continue
      writeBack(files, directory, write)
    }
}

function writeBack(files: Files, directory: string, write: JournalWrite): void {
  const path = `${directory}/${write.partition}`
  const log = `${path}/${segmentFileName(write.segmentBaseOffset, 'log')}`
  if (readPartitionTopicId(files, path) !== write.topicId || !files.exists(log)) return
  const file = files.open(log, 'write')
  try {
    file.write(write.bytes, write.position)
  } finally {
    file.close()
  }
}
