import { createCodecs } from '@millrace/platform'
import { expect, test } from 'vitest'
import { endTransactionMarker, parseControlRecord } from '../../src/records/control-records.ts'
import { CorruptBatchError } from '../../src/records/corrupt-batch-error.ts'
import { RecordBatch } from '../../src/records/record-batch.ts'

const codecs = createCodecs()

test.each(['ABORT', 'COMMIT'] as const)('a marker written with %s says so', result => {
  const end = { result, producerId: 12, producerEpoch: 3, coordinatorEpoch: 9, timestampMs: 1_700_000_000_000 }
  const batch = new RecordBatch(endTransactionMarker(end, codecs))
  expect([batch.isControl, batch.isTransactional, batch.producerId, batch.producerEpoch]).toEqual([true, true, 12, 3])
  expect(batch.baseSequence).toBe(-1)
  expect(Array.from(batch.records(codecs), parseControlRecord)).toEqual([{ type: result, coordinatorEpoch: 9 }])
})

const record = { offset: 5, timestampMs: 0, headers: [] }

test.each([
  ['a null key', null, '000000000000'],
  ['a short key', '0000', '000000000000'],
  ['a negative key version', 'ffff0001', '000000000000'],
  ['a null value', '00000001', null],
  ['a short value', '00000001', '0000'],
  ['a negative value version', '00000001', 'ffff00000000'],
])('a control record with %s is corrupt', (_, key, value) => {
  const bytes = (hex: string | null) => (hex === null ? null : Buffer.from(hex, 'hex'))
  expect(() => parseControlRecord({ ...record, key: bytes(key), value: bytes(value) })).toThrow(CorruptBatchError)
})

test.each([
  ['00000002', 'LEADER_CHANGE'],
  ['00000006', 'KRAFT_VOTERS'],
  ['000003e7', 'UNKNOWN'],
])('key %s is %s', (key, type) => {
  expect(parseControlRecord({ ...record, key: Buffer.from(key, 'hex'), value: Buffer.alloc(2) })).toEqual({ type })
})
