import { ErrorCode, RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import type { TopicConfig } from '../../src/config/topic-config.ts'
import { acceptProducedBatch, type RefusedBatchError } from '../../src/log/produced-batch.ts'
import { batchOf, codecs, topicConfig } from './log-fixture.ts'

const NOW_MS = 1_700_000_000_000

interface Row {
  readonly what: string
  readonly records: Buffer | null
  readonly config?: Partial<TopicConfig>
  readonly errorCode: number
}

function bytesOf(timestampMs = NOW_MS, key: Buffer | null = null, values = ['a', 'b']): Buffer {
  const builder = new RecordBatchBuilder({}, codecs)
  for (const value of values) builder.append({ key, value: Buffer.from(value), timestampMs })
  return builder.build()
}

function mixedBytes(...timestampsMs: readonly number[]): Buffer {
  const builder = new RecordBatchBuilder({}, codecs)
  for (const timestampMs of timestampsMs) builder.append({ key: null, value: null, timestampMs })
  return builder.build()
}

/** A batch with a valid checksum whose header or records do not hold what they say. */
function forged(change: (bytes: Buffer) => void, compression: 'none' | 'gzip' = 'none'): Buffer {
  const { bytes } = batchOf({ values: ['a', 'b'], timestampMs: NOW_MS, compression })
  change(bytes)
  bytes.writeUInt32BE(codecs.crc32c(bytes, 21, bytes.length), 17)
  return bytes
}

function flipped(bytes: Buffer): Buffer {
  bytes[bytes.length - 1]! ^= 1
  return bytes
}

const COMPACTED = { 'cleanup.policy': ['compact'] } as const
const rows: readonly Row[] = [
  { what: 'nothing', records: null, errorCode: ErrorCode.INVALID_RECORD },
  { what: 'a flipped bit', records: flipped(bytesOf()), errorCode: ErrorCode.CORRUPT_MESSAGE },
  { what: 'a batch that breaks off', records: bytesOf().subarray(0, 70), errorCode: ErrorCode.CORRUPT_MESSAGE },
  { what: 'two batches', records: Buffer.concat([bytesOf(), bytesOf()]), errorCode: ErrorCode.INVALID_RECORD },
  {
    what: 'a record from the future, by its place',
    records: mixedBytes(NOW_MS, NOW_MS + 3_600_001),
    errorCode: ErrorCode.INVALID_TIMESTAMP,
  },
  { what: 'records from the future', records: bytesOf(NOW_MS + 3_600_001), errorCode: ErrorCode.INVALID_TIMESTAMP },
  {
    what: 'records from too long ago',
    records: bytesOf(NOW_MS - 1_001),
    config: { 'message.timestamp.before.max.ms': 1_000 },
    errorCode: ErrorCode.INVALID_TIMESTAMP,
  },
  { what: 'no keys in a compacted topic', records: bytesOf(), config: COMPACTED, errorCode: ErrorCode.INVALID_RECORD },
  { what: 'no records', records: forged(bytes => bytes.writeInt32BE(0, 57)), errorCode: ErrorCode.INVALID_RECORD },
  {
    what: 'a count that its offsets do not have',
    records: forged(bytes => bytes.writeInt32BE(3, 57)),
    errorCode: ErrorCode.INVALID_RECORD,
  },
  {
    what: 'control records',
    records: forged(bytes => bytes.writeInt16BE(0x20, 21)),
    errorCode: ErrorCode.INVALID_RECORD,
  },
  {
    what: 'a producer without a sequence',
    records: forged(bytes => bytes.writeBigInt64BE(7n, 43)),
    errorCode: ErrorCode.INVALID_RECORD,
  },
  {
    what: 'a timestamp of the log',
    records: forged(bytes => bytes.writeInt16BE(0x08, 21)),
    errorCode: ErrorCode.INVALID_TIMESTAMP,
  },
  {
    what: 'a codec that does not exist',
    records: forged(bytes => bytes.writeInt16BE(0x05, 21)),
    errorCode: ErrorCode.UNSUPPORTED_COMPRESSION_TYPE,
  },
  {
    what: 'compressed records that are none, where they have to be looked at',
    records: forged(bytes => bytes.fill(0, 61), 'gzip'),
    config: { 'compression.type': 'zstd' },
    errorCode: ErrorCode.CORRUPT_MESSAGE,
  },
  {
    what: 'records that break off, where they have to be looked at',
    records: forged(bytes => bytes.writeInt8(0x7f, 61)),
    config: COMPACTED,
    errorCode: ErrorCode.CORRUPT_MESSAGE,
  },
  {
    what: 'a batch that would only fit once it is compressed',
    records: bytesOf(NOW_MS, null, ['a'.repeat(5_000)]),
    config: { 'max.message.bytes': 1_000, 'compression.type': 'gzip' },
    errorCode: ErrorCode.MESSAGE_TOO_LARGE,
  },
  {
    what: 'a batch that only fits as long as it is compressed',
    records: batchOf({ values: ['a'.repeat(5_000)], timestampMs: NOW_MS, compression: 'gzip' }).bytes,
    config: { 'max.message.bytes': 1_000, 'compression.type': 'uncompressed' },
    errorCode: ErrorCode.MESSAGE_TOO_LARGE,
  },
  {
    what: 'too large a batch',
    records: bytesOf(),
    config: { 'max.message.bytes': bytesOf().length - 1 },
    errorCode: ErrorCode.MESSAGE_TOO_LARGE,
  },
  {
    what: 'a batch larger than a segment',
    records: bytesOf(),
    config: { 'segment.bytes': bytesOf().length - 1 },
    errorCode: ErrorCode.RECORD_LIST_TOO_LARGE,
  },
]

describe('refused is', () => {
  test.each(rows)('$what', ({ records, config, errorCode }) => {
    const accept = () => acceptProducedBatch(records, topicConfig(config), NOW_MS, codecs)
    expect(accept).toThrow(expect.objectContaining({ errorCode }))
  })

  test.each([
    { what: 'without a key', records: bytesOf(), config: COMPACTED },
    { what: 'too old', records: bytesOf(1), config: { 'message.timestamp.before.max.ms': 1_000 } },
  ])('each record $what, by its place', ({ records, config }) => {
    try {
      acceptProducedBatch(records, topicConfig(config), NOW_MS, codecs)
      expect.unreachable()
    } catch (error) {
      expect((error as RefusedBatchError).recordErrors.map(row => row.index)).toEqual([0, 1])
    }
  })

  test('a thousand records without answering for each', () => {
    const records = bytesOf(NOW_MS, null, new Array(1_000).fill('x'))
    expect(() => acceptProducedBatch(records, topicConfig(COMPACTED), NOW_MS, codecs)).toThrow(
      expect.objectContaining({ recordErrors: expect.objectContaining({ length: 100 }) }),
    )
  })
})

describe('accepted is', () => {
  test.each([
    { what: 'a batch as it came', records: bytesOf() },
    { what: 'a batch with keys in a compacted topic', records: bytesOf(NOW_MS, Buffer.from('k')), config: COMPACTED },
    { what: 'a batch an hour ahead', records: bytesOf(NOW_MS + 3_600_000) },
    { what: 'an old batch', records: bytesOf(0) },
    {
      what: 'a batch without timestamps, however strict the limit',
      records: bytesOf(-1),
      config: { 'message.timestamp.before.max.ms': 1_000 },
    },
    {
      what: 'any timestamp where the broker sets them',
      records: bytesOf(NOW_MS * 2),
      config: { 'message.timestamp.type': 'LogAppendTime' as const },
    },
  ])('$what', ({ records, config }) => {
    const before = Buffer.from(records)
    const batch = acceptProducedBatch(records, topicConfig(config), NOW_MS, codecs)
    expect(batch.buffer).toBe(records)
    expect(records).toEqual(before)
  })

  test.each(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
    'a batch that compression.type makes %s',
    type => {
      for (const compression of ['none', 'gzip', 'lz4'] as const) {
        const sent = batchOf({
          values: ['a', 'b'],
          compression,
          producerId: 5,
          producerEpoch: 2,
          baseSequence: 9,
          timestampMs: NOW_MS,
        })
        const records = [...sent.records(codecs)]
        const batch = acceptProducedBatch(sent.bytes, topicConfig({ 'compression.type': type }), NOW_MS, codecs)
        expect(batch.compression).toBe(type === 'uncompressed' ? 'none' : type)
        expect(batch).toBeInstanceOf(RecordBatch)
        expect([batch.producerId, batch.producerEpoch, batch.baseSequence]).toEqual([5, 2, 9])
        expect([...batch.records(codecs)].map(record => [record.offset, String(record.value)])).toEqual(
          records.map(record => [record.offset, String(record.value)]),
        )
        expect(batch.hasValidChecksum(codecs)).toBe(true)
      }
    },
  )

  test.each([
    { type: 'gzip', setting: 'compression.gzip.level', levels: [1, 9] },
    { type: 'zstd', setting: 'compression.zstd.level', levels: [1, 19] },
  ] as const)('a batch that is made smaller by a higher level of $type', ({ type, setting, levels }) => {
    const text = Array.from({ length: 4_000 }, (_, index) => `${index * 7919} of ${index % 97}`).join(' ')
    const sizes = levels.map(level => {
      const sent = batchOf({ values: [text], timestampMs: NOW_MS })
      const config = topicConfig({ 'compression.type': type, [setting]: level })
      return acceptProducedBatch(sent.bytes, config, NOW_MS, codecs).sizeInBytes
    })
    expect(sizes[1]).toBeLessThan(sizes[0]!)
  })
})
