/** The small files of a partition's directory, and the directory itself. */
import type { Files } from '@millrace/platform'
import { parseEpochCheckpoint, printEpochCheckpoint } from './checkpoint-file.ts'
import type { LeaderEpochs } from './leader-epochs.ts'

const EPOCH_CHECKPOINT = 'leader-epoch-checkpoint'
const PARTITION_METADATA = 'partition.metadata'

/** Writes a small file of known content in place: a torn one is noticed when it is read, and made anew. */
export function writeSmallFile(files: Files, path: string, content: Uint8Array): void {
  const file = files.open(path, 'write')
  try {
    file.truncate(0)
    file.write(content, 0)
  } finally {
    file.close()
  }
}

export async function syncFile(files: Files, path: string): Promise<void> {
  const file = files.open(path, 'write')
  try {
    await file.sync()
  } finally {
    file.close()
  }
}

export function partitionMetadataPath(directory: string): string {
  return `${directory}/${PARTITION_METADATA}`
}

export function writePartitionMetadata(files: Files, directory: string, topicId: string): void {
  writeSmallFile(files, partitionMetadataPath(directory), Buffer.from(`version: 0\ntopic_id: ${topicId}`))
}

/** The topic id that a partition's directory names; undefined if it names none that can be read. */
export function readPartitionTopicId(files: Files, directory: string): string | undefined {
  const path = partitionMetadataPath(directory)
  if (!files.exists(path)) return undefined
  return /^version: 0\ntopic_id: ([A-Za-z0-9_-]{22})\n?$/.exec(files.read(path).toString('latin1'))?.[1]
}

export function writeEpochs(files: Files, directory: string, epochs: LeaderEpochs): void {
  writeSmallFile(files, `${directory}/${EPOCH_CHECKPOINT}`, printEpochCheckpoint(epochs.entries))
}

export function replaceEpochs(files: Files, directory: string, epochs: LeaderEpochs): Promise<void> {
  return files.replace(`${directory}/${EPOCH_CHECKPOINT}`, printEpochCheckpoint(epochs.entries))
}

/** Undefined if there is no readable file. */
export function readEpochs(files: Files, directory: string): ReturnType<typeof parseEpochCheckpoint> {
  const path = `${directory}/${EPOCH_CHECKPOINT}`
  return files.exists(path) ? parseEpochCheckpoint(files.read(path)) : undefined
}
