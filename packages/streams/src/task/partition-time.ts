/**
 * The metadata of a committed offset as Kafka Streams writes it: Base64 of a version byte (1 or 2), the partition time
 * (8 bytes) and, from version 2 on, what processors keep there, which is nothing yet here and ignored when it is read.
 */
import { readInt64, writeInt64 } from '@millrace/protocol'

const VERSION = 2
const VERSION_BYTES = 1
const TIME_BYTES = 8

export function encodePartitionTime(partitionTimeMs: number): string {
  const bytes = Buffer.alloc(VERSION_BYTES + TIME_BYTES)
  bytes[0] = VERSION
  writeInt64(bytes, partitionTimeMs, VERSION_BYTES)
  return bytes.toString('base64')
}

/** −1 where the metadata tells no time: it is empty, or not Kafka Streams'. */
export function decodePartitionTime(metadata: string): number {
  const bytes = Buffer.from(metadata, 'base64')
  const version = bytes[0]
  if ((version !== 1 && version !== VERSION) || bytes.length < VERSION_BYTES + TIME_BYTES) return -1
  return Math.max(-1, readInt64(bytes, VERSION_BYTES))
}
