/** Producer states as a `.snapshot` file. It holds the last batch of each producer only. */
import {
  type BatchCodecs,
  decodeWithVersion,
  encodeWithVersion,
  MalformedMessageError,
  ProducerSnapshot,
} from '@millrace/protocol'
import type { ProducerEntry } from './producer-state.ts'

const VERSION = 1
const CRC_AT = 2
const ENTRIES_AT = 6

export function encodeProducerSnapshot(entries: Iterable<ProducerEntry>, codecs: BatchCodecs): Buffer {
  const producerEntries = Array.from(entries, entry => {
    const last = entry.batches.at(-1)
    return {
      producerId: entry.producerId,
      epoch: entry.producerEpoch,
      lastSequence: last?.lastSequence ?? -1,
      lastOffset: last?.lastOffset ?? -1,
      offsetDelta: last?.offsetDelta ?? 0,
      timestamp: entry.lastTimestampMs,
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTxnFirstOffset: entry.currentTransactionFirstOffset,
    }
  })
  const bytes = encodeWithVersion(ProducerSnapshot, { crc: 0, producerEntries }, VERSION)
  bytes.writeUInt32BE(codecs.crc32c(bytes, ENTRIES_AT, bytes.length), CRC_AT)
  return bytes
}

/** Undefined if the bytes are damaged or of another version. `nowMs`: when expiry of what is loaded begins. */
export function decodeProducerSnapshot(bytes: Buffer, nowMs: number, codecs: BatchCodecs): ProducerEntry[] | undefined {
  if (bytes.length < ENTRIES_AT || codecs.crc32c(bytes, ENTRIES_AT, bytes.length) !== bytes.readUInt32BE(CRC_AT))
    return undefined
  try {
    return decodeWithVersion(ProducerSnapshot, bytes).producerEntries.map(entry => ({
      producerId: entry.producerId,
      producerEpoch: entry.epoch,
      batches:
        entry.lastOffset < 0
          ? []
          : [
              {
                lastSequence: entry.lastSequence,
                lastOffset: entry.lastOffset,
                offsetDelta: entry.offsetDelta,
                timestampMs: entry.timestamp,
              },
            ],
      coordinatorEpoch: entry.coordinatorEpoch,
      currentTransactionFirstOffset: entry.currentTxnFirstOffset,
      lastTimestampMs: entry.timestamp,
      lastSeenMs: nowMs,
    }))
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}
