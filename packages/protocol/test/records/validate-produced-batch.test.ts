import { createCodecs } from '@millrace/platform'
import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../src/errors/error-codes.ts'
import { CorruptBatchError } from '../../src/records/corrupt-batch-error.ts'
import { RecordBatch } from '../../src/records/record-batch.ts'
import { type BatchOptions, RecordBatchBuilder } from '../../src/records/record-batch-builder.ts'
import { inspectRecords, validateProducedBatch } from '../../src/records/validate-produced-batch.ts'

const codecs = createCodecs()

function built(options: BatchOptions = {}, recordCount = 3): Buffer {
  const builder = new RecordBatchBuilder(options, codecs)
  for (let index = 0; index < recordCount; index++)
    builder.append({ key: index === 1 ? null : Buffer.from('k'), value: Buffer.from('v'), timestampMs: 100 - index })
  return builder.build()
}

/** A sound batch, changed; the checksum is made right again. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = built()
  change(bytes)
  bytes.writeUInt32BE(codecs.crc32c(bytes, 21, bytes.length), 17)
  return bytes
}

describe('a produced batch', () => {
  test.each([
    ['with three records', built()],
    ['with a sequence', built({ producerId: 7, producerEpoch: 0, baseSequence: 4 })],
    ['with compression', built({ compression: 'zstd' })],
  ])('%s is accepted', (_, records) => {
    expect(validateProducedBatch(records, codecs)).toMatchObject({
      errorCode: ErrorCode.NONE,
      batch: { recordCount: 3 },
    })
  })

  test.each([
    ['null', null, 'INVALID_RECORD'],
    ['nothing', Buffer.alloc(0), 'INVALID_RECORD'],
    ['less than a magic byte', built().subarray(0, 16), 'INVALID_RECORD'],
    ['two batches', Buffer.concat([built(), built()]), 'INVALID_RECORD'],
    ['bytes behind the batch', Buffer.concat([built(), Buffer.alloc(3)]), 'INVALID_RECORD'],
    ['message format v1', changed(bytes => bytes.writeInt8(1, 16)), 'INVALID_RECORD'],
    ['half a batch', built().subarray(0, 70), 'CORRUPT_MESSAGE'],
    ['half a header', built().subarray(0, 40), 'CORRUPT_MESSAGE'],
    ['a size below the header', changed(bytes => bytes.writeInt32BE(20, 8)), 'CORRUPT_MESSAGE'],
    ['a negative size', changed(bytes => bytes.writeInt32BE(-5, 8)), 'CORRUPT_MESSAGE'],
    ['a wrong checksum', Buffer.concat([built().subarray(0, -1), Buffer.of(1)]), 'CORRUPT_MESSAGE'],
    ['a base offset', built({ baseOffset: 5 }), 'INVALID_RECORD'],
    ['no records', built({}, 0), 'INVALID_RECORD'],
    ['a negative count', changed(bytes => bytes.writeInt32BE(-1, 57)), 'INVALID_RECORD'],
    ['a count that differs from the offsets', changed(bytes => bytes.writeInt32BE(4, 57)), 'INVALID_RECORD'],
    ['a gap behind the last record', built({ lastOffset: 9 }), 'INVALID_RECORD'],
    ['a control batch', built({ control: true }), 'INVALID_RECORD'],
    ['a producer without a sequence', built({ producerId: 7, producerEpoch: 0 }), 'INVALID_RECORD'],
    ['LogAppendTime', built({ logAppendTimeMs: 5 }), 'INVALID_TIMESTAMP'],
    ['an unknown codec', changed(bytes => bytes.writeInt16BE(6, 21)), 'UNSUPPORTED_COMPRESSION_TYPE'],
  ] as const)('of %s is refused', (_, records, error) => {
    expect(validateProducedBatch(records, codecs)).toMatchObject({ batch: null, errorCode: ErrorCode[error] })
  })
})

describe('inspecting the records', () => {
  test('finds the maximum timestamp and the records without a key', () => {
    expect(inspectRecords(new RecordBatch(built({ compression: 'lz4' })), codecs)).toEqual({
      maxTimestampMs: 100,
      keylessRecords: [1],
    })
  })
  test('refuses offsets with a gap', () => {
    const builder = new RecordBatchBuilder({}, codecs)
    for (const offset of [0, 2]) builder.append({ key: null, value: null, timestampMs: 1 }, offset)
    expect(() => inspectRecords(new RecordBatch(builder.build()), codecs)).toThrow(CorruptBatchError)
  })
  test('refuses headers that do not end with their record', () => {
    const bytes = built({}, 1)
    bytes[bytes.length - 1] = 2 // One header; there is none.
    expect(() => inspectRecords(new RecordBatch(bytes), codecs)).toThrow(CorruptBatchError)
  })
})
