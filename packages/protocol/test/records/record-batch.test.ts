import { createCodecs } from '@millrace/platform'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { COMPRESSIONS } from '../../src/records/compression.ts'
import { CorruptBatchError } from '../../src/records/corrupt-batch-error.ts'
import type { LogRecord } from '../../src/records/log-record.ts'
import { batchesOf, RecordBatch } from '../../src/records/record-batch.ts'
import { type BatchOptions, type NewRecord, RecordBatchBuilder } from '../../src/records/record-batch-builder.ts'
import { inspectRecords } from '../../src/records/validate-produced-batch.ts'

const codecs = createCodecs()

function built(records: readonly NewRecord[], options: BatchOptions = {}): Buffer {
  const builder = new RecordBatchBuilder(options, codecs)
  for (const record of records) builder.append(record)
  return builder.build()
}

/** Without laziness, to compare. */
function plain({ offset, timestampMs, key, value, headers }: LogRecord) {
  return { offset, timestampMs, key, value, headers: [...headers] }
}

const bytes = fc.uint8Array({ maxLength: 40 }).map(array => Buffer.from(array))
const header = fc.record({ key: fc.string({ unit: 'grapheme', maxLength: 8 }), value: fc.option(bytes) })
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(
    fc.oneof(
      bytes,
      fc.nat(3000).map(length => Buffer.alloc(length, 'value ')),
    ),
  ),
  timestampMs: fc.oneof(fc.integer({ min: -1, max: 2 ** 42 }), fc.integer({ min: 1.7e12, max: 1.7e12 + 5000 })),
  headers: fc.array(header, { maxLength: 4 }),
})
const batchOptions = fc.record({
  compression: fc.constantFrom(...COMPRESSIONS),
  producerId: fc.integer({ min: -1, max: 2 ** 50 }),
  producerEpoch: fc.integer({ min: -1, max: 2 ** 15 - 1 }),
  baseSequence: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  baseOffset: fc.nat(2 ** 52),
  partitionLeaderEpoch: fc.integer({ min: -1, max: 2 ** 31 - 1 }),
  transactional: fc.boolean(),
  initialBytes: fc.constantFrom(0, 61, 5000),
})

describe('a built batch', () => {
  test('gives back its records and its options', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 30 }), batchOptions, (records, options) => {
        const batch = new RecordBatch(built(records, options))
        expect(batch.hasValidChecksum(codecs)).toBe(true)
        expect(Array.from(batch.records(codecs), plain)).toEqual(
          records.map((sent, index) => ({ offset: options.baseOffset + index, ...sent })),
        )
        expect(batch).toMatchObject({
          magic: 2,
          sizeInBytes: batch.buffer.length,
          compression: options.compression,
          producerId: options.producerId,
          producerEpoch: options.producerEpoch,
          baseSequence: options.baseSequence,
          baseOffset: options.baseOffset,
          lastOffset: options.baseOffset + records.length - 1,
          nextOffset: options.baseOffset + records.length,
          recordCount: records.length,
          partitionLeaderEpoch: options.partitionLeaderEpoch,
          isTransactional: options.transactional,
          isControl: false,
          hasDeleteHorizon: false,
          deleteHorizonMs: null,
          timestampType: 'CreateTime',
          maxTimestampMs: Math.max(...records.map(sent => sent.timestampMs)),
        })
        expect(inspectRecords(batch, codecs).maxTimestampMs).toBe(batch.maxTimestampMs)
      }),
      { numRuns: 150 },
    )
  })

  test('announces its size before each record', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 10 }), records => {
        const builder = new RecordBatchBuilder({}, codecs)
        for (const sent of records) {
          const announced = builder.estimatedBytesWith(sent)
          builder.append(sent)
          expect(builder.estimatedBytes).toBe(announced)
        }
        expect(builder.build().length).toBe(builder.estimatedBytes)
      }),
      { numRuns: 50 },
    )
  })

  test('has the bytes of the format', () => {
    const batch = built([
      { key: Buffer.from('k'), value: null, timestampMs: 5, headers: [{ key: 'h', value: Buffer.from('x') }] },
    ])
    const header = `${'00'.repeat(8)}0000003d${'ffffffff'}02${'........'}0000${'00000000'}${'0000000000000005'.repeat(2)}${'ff'.repeat(14)}00000001`
    const body = '16' + '00' + '00' + '00' + '026b' + '01' + '02' + '0268' + '0278'
    expect(batch.toString('hex')).toMatch(new RegExp(`^${header}${body}$`))
  })

  test('may have gaps, an end beyond its last record, and a delete horizon', () => {
    const builder = new RecordBatchBuilder(
      { baseOffset: 10, lastOffset: 19, deleteHorizonMs: 7_000, compression: 'gzip' },
      codecs,
    )
    builder.append({ key: null, value: null, timestampMs: 5_000 }, 12)
    builder.append({ key: null, value: null, timestampMs: 9_000 }, 17)
    const batch = new RecordBatch(builder.build())
    expect(Array.from(batch.records(codecs), at => [at.offset, at.timestampMs])).toEqual([
      [12, 5_000],
      [17, 9_000],
    ])
    expect([batch.recordCount, batch.nextOffset, batch.deleteHorizonMs, batch.maxTimestampMs]).toEqual([
      2, 20, 7_000, 9_000,
    ])
  })

  test('may be empty, kept for its producer', () => {
    const batch = new RecordBatch(
      built([], { baseOffset: 10, lastOffset: 14, producerId: 3, producerEpoch: 0, baseSequence: 6 }),
    )
    expect([...batch.records(codecs)]).toEqual([])
    expect([batch.recordCount, batch.nextOffset, batch.lastSequence]).toEqual([0, 15, 10])
  })

  test('takes records of another batch as they are stored', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 10 }), batchOptions, (records, options) => {
        const cursor = new RecordBatch(built(records, options)).cursor(codecs)
        const builder = new RecordBatchBuilder(options, codecs)
        for (let walk = 0; walk < 2; walk++, cursor.rewind())
          while (cursor.advance())
            if (walk === 1) builder.appendContents(cursor.contents, cursor.timestampMs, cursor.offset)
        expect(builder.build()).toEqual(built(records, options))
      }),
    )
  })

  test('refuses an offset that is not above the one before and a timestamp that is not an integer', () => {
    const builder = new RecordBatchBuilder({}, codecs)
    builder.append({ key: null, value: null, timestampMs: 0 }, 4)
    expect(() => builder.append({ key: null, value: null, timestampMs: 0 }, 4)).toThrow(RangeError)
    expect(() => builder.append({ key: null, value: null, timestampMs: 0.5 })).toThrow(RangeError)
  })
})

const three = [1, 2, 3].map(n => ({ key: Buffer.of(n), value: Buffer.alloc(20, n), timestampMs: n }))

describe('a batch in a log', () => {
  test('gets its offsets without a new checksum', () => {
    const buffer = built(three)
    const before = Buffer.from(buffer)
    const batch = new RecordBatch(buffer)
    batch.assignOffsets(2 ** 40, 7)
    expect([batch.baseOffset, batch.lastOffset, batch.partitionLeaderEpoch]).toEqual([2 ** 40, 2 ** 40 + 2, 7])
    expect(batch.hasValidChecksum(codecs)).toBe(true)
    expect(buffer.subarray(8, 12)).toEqual(before.subarray(8, 12))
    expect(buffer.subarray(16)).toEqual(before.subarray(16))
  })
  test('stamped by the log has one timestamp for all records', () => {
    const batch = new RecordBatch(built(three, { compression: 'snappy' }))
    batch.stampLogAppendTime(99, codecs)
    expect([batch.timestampType, batch.maxTimestampMs, batch.hasValidChecksum(codecs)]).toEqual([
      'LogAppendTime',
      99,
      true,
    ])
    expect(Array.from(batch.records(codecs), at => at.timestampMs)).toEqual([99, 99, 99])
  })
  test('stamped by its producer has a place in the sequence, which goes on with 0 behind 2^31 − 1', () => {
    const batch = new RecordBatch(built(three))
    batch.stampProducer({ producerId: 8, producerEpoch: 2, baseSequence: 2 ** 31 - 2 }, codecs)
    expect([batch.producerId, batch.producerEpoch, batch.baseSequence, batch.lastSequence]).toEqual([
      8,
      2,
      2 ** 31 - 2,
      0,
    ])
    expect(batch.hasValidChecksum(codecs)).toBe(true)
  })
  test('emptied by compaction keeps its offsets, its sequence and its greatest timestamp', () => {
    const options = { baseOffset: 10, producerId: 3, producerEpoch: 1, baseSequence: 6, transactional: true }
    const batch = new RecordBatch(built(three, { ...options, compression: 'gzip', deleteHorizonMs: 77 }))
    const emptied = batch.emptied(codecs)
    expect([...emptied.records(codecs)]).toEqual([])
    expect(emptied.hasValidChecksum(codecs)).toBe(true)
    expect(emptied).toMatchObject({
      sizeInBytes: 61,
      recordCount: 0,
      baseOffset: 10,
      lastOffset: 12,
      lastSequence: 8,
      producerId: 3,
      producerEpoch: 1,
      isTransactional: true,
      maxTimestampMs: 3,
      baseTimestampMs: -1,
      deleteHorizonMs: null,
      compression: 'none',
    })
  })
  test('shares its memory with the records read from it', () => {
    const batch = new RecordBatch(built(three))
    const [first] = batch.records(codecs)
    batch.buffer.fill(0xee)
    expect(first!.value).toEqual(Buffer.alloc(20, 0xee))
  })
})

describe('batchesOf', () => {
  const log = Buffer.concat([built(three), built(three, { compression: 'zstd' }), built(three)])
  test('finds each batch and stops at a partial tail', () => {
    const starts = Array.from(batchesOf(log), batch => batch.start)
    expect(starts.length).toBe(3)
    for (let end = 0; end <= log.length; end++) {
      const whole = [...starts.slice(1), log.length].filter(batchEnd => batchEnd <= end).length
      expect([...batchesOf(log.subarray(0, end))].length).toBe(whole)
      expect([...batchesOf(log, 0, end)].length).toBe(whole)
    }
  })
  test('begins where it is told', () => {
    const [, second, third] = batchesOf(log)
    expect(Array.from(batchesOf(log, second!.start), batch => batch.start)).toEqual([second!.start, third!.start])
  })
  test.each([
    ['a negative size', (bytes: Buffer) => bytes.writeInt32BE(-1, 8)],
    ['a size below its header', (bytes: Buffer) => bytes.writeInt32BE(48, 8)],
    ['another format', (bytes: Buffer) => bytes.writeInt8(1, 16)],
  ])('refuses a batch with %s', (_, change) => {
    const bytes = Buffer.from(log)
    change(bytes)
    expect(() => [...batchesOf(bytes)]).toThrow(CorruptBatchError)
  })
})

describe('corruption', () => {
  test('a count above the records there are is found out', () => {
    const buffer = built(three)
    buffer.writeInt32BE(2 ** 31 - 1, 57)
    expect(() => [...new RecordBatch(buffer).records(codecs)]).toThrow(CorruptBatchError)
  })
  test('records behind the count are found out', () => {
    const buffer = built(three)
    buffer.writeInt32BE(2, 57)
    expect(() => [...new RecordBatch(buffer).records(codecs)]).toThrow(CorruptBatchError)
  })
  test('a batch that is not complete is none', () => {
    const buffer = built(three)
    for (const length of [0, 60, 61, buffer.length - 1])
      expect(() => new RecordBatch(buffer.subarray(0, length))).toThrow(CorruptBatchError)
  })
  test('records above the limit are not inflated', () => {
    const batch = new RecordBatch(
      built([{ key: null, value: Buffer.alloc(5000), timestampMs: 0 }], { compression: 'zstd' }),
    )
    expect(() => batch.cursor(codecs, 5000)).toThrow(CorruptBatchError)
    expect(batch.cursor(codecs, 6000).advance()).toBe(true)
  })

  /** Reads everything; a batch may turn out unreadable only by a CorruptBatchError. */
  function readAll(buffer: Buffer): void {
    try {
      for (const batch of batchesOf(buffer))
        for (const at of batch.records(codecs, 1 << 20)) {
          for (const view of [at.key, at.value, ...at.headers.map(header => header.value)])
            if (view !== null && view.buffer === buffer.buffer) {
              expect(view.byteOffset).toBeGreaterThanOrEqual(buffer.byteOffset + batch.start)
              expect(view.byteOffset + view.length).toBeLessThanOrEqual(buffer.byteOffset + batch.end)
            }
        }
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error
    }
  }
  const edit = fc.record({ at: fc.nat(), byte: fc.nat(255) })
  test.each(COMPRESSIONS)('changed bytes lead to records or to a CorruptBatchError (%s)', compression => {
    const headers = [{ key: 'trace', value: Buffer.from('abc') }]
    const sample = built(
      Array.from({ length: 8 }, (_, n) => ({
        key: Buffer.of(n),
        value: Buffer.alloc(n * 9, 'value'),
        timestampMs: n,
        headers,
      })),
      { compression },
    )
    const log = Buffer.concat([sample, sample])
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.boolean(), (edits, keepHeader) => {
        const bytes = Buffer.from(log)
        for (const { at, byte } of edits) bytes[keepHeader ? 57 + (at % (bytes.length - 57)) : at % bytes.length] = byte
        readAll(bytes)
      }),
      { numRuns: compression === 'none' ? 3000 : 500 },
    )
  })
})
