/**
 * What one sync of the journal makes durable: for each of several logs the bytes at its end. Big-endian. Header: magic uint32 ‖
 * payload length uint32 ‖ CRC-32C of all that follows uint32 ‖ generation uint32 ‖ sequence uint32 ‖ count uint32. For each
 * write: length uint16 and name of the partition's directory ‖ length uint16 and topic id ‖ base offset of the segment int64 ‖
 * position in its file int64 ‖ end offset int64 ‖ length uint32 and bytes.
 */
import { type BatchCodecs, readInt64, writeInt64 } from '@millrace/protocol'

const MAGIC = 0x4d4a524e
const CHECKSUM_AT = 8
const CHECKED_FROM = 12
const HEADER_BYTES = 24
const FIXED_WRITE_BYTES = 2 + 2 + 3 * 8 + 4

/** Bytes that belong into a log file. */
export interface JournalWrite {
  /** `<topic>-<partition>`. */
  readonly partition: string
  /** Kafka's text form. */
  readonly topicId: string
  /** Names the segment. */
  readonly segmentBaseOffset: number
  /** In the segment's log file. */
  readonly position: number
  /** Offset behind the last record in `bytes`. */
  readonly endOffset: number
  readonly bytes: Buffer
}

export interface JournalGroup {
  /** Increases each time a journal file is begun anew. */
  readonly generation: number
  /** Place of the group in its generation, from 0. */
  readonly sequence: number
  readonly writes: readonly JournalWrite[]
}

export function encodeJournalGroup({ generation, sequence, writes }: JournalGroup, codecs: BatchCodecs): Buffer {
  const sizes = writes.map(
    ({ partition, topicId, bytes }) => FIXED_WRITE_BYTES + partition.length + topicId.length + bytes.length,
  )
  const buffer = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + size, HEADER_BYTES))
  buffer.writeUInt32BE(MAGIC, 0)
  buffer.writeUInt32BE(buffer.length - HEADER_BYTES, 4)
  buffer.writeUInt32BE(generation, 12)
  buffer.writeUInt32BE(sequence, 16)
  buffer.writeUInt32BE(writes.length, 20)
  let at = HEADER_BYTES
  const text = (value: string) => {
    at = buffer.writeUInt16BE(value.length, at)
    at += buffer.write(value, at, 'latin1')
  }
  for (const { partition, topicId, segmentBaseOffset, position, endOffset, bytes } of writes) {
    text(partition)
    text(topicId)
    for (const value of [segmentBaseOffset, position, endOffset]) {
      writeInt64(buffer, value, at)
      at += 8
    }
    at = buffer.writeUInt32BE(bytes.length, at)
    at += bytes.copy(buffer, at)
  }
  buffer.writeUInt32BE(codecs.crc32c(buffer, CHECKED_FROM, buffer.length), CHECKSUM_AT)
  return buffer
}

/** The groups at the start of a journal file that are whole and of one generation, in order. */
export function decodeJournal(file: Buffer, codecs: BatchCodecs): JournalGroup[] {
  const groups: JournalGroup[] = []
  for (let at = 0; file.length - at >= HEADER_BYTES && file.readUInt32BE(at) === MAGIC; ) {
    const end = at + HEADER_BYTES + file.readUInt32BE(at + 4)
    if (end > file.length) break
    if (codecs.crc32c(file, at + CHECKED_FROM, end) !== file.readUInt32BE(at + CHECKSUM_AT)) break
    const generation = file.readUInt32BE(at + 12)
    const sequence = file.readUInt32BE(at + 16)
    // Behind the last group of this generation lie those of earlier ones.
    if (sequence !== groups.length || generation !== (groups[0]?.generation ?? generation)) break
    groups.push({ generation, sequence, writes: decodeWrites(file, at + HEADER_BYTES, file.readUInt32BE(at + 20)) })
    at = end
  }
  return groups
}

function decodeWrites(file: Buffer, start: number, count: number): JournalWrite[] {
  let at = start
  const text = () => {
    const from = at + 2
    at = from + file.readUInt16BE(at)
    return file.toString('latin1', from, at)
  }
  const int64 = () => {
    at += 8
    return readInt64(file, at - 8)
  }
  return Array.from({ length: count }, () => {
    const partition = text()
    const topicId = text()
    const [segmentBaseOffset, position, endOffset] = [int64(), int64(), int64()]
    const from = at + 4
    at = from + file.readUInt32BE(at)
    return { partition, topicId, segmentBaseOffset, position, endOffset, bytes: file.subarray(from, at) }
  })
}
