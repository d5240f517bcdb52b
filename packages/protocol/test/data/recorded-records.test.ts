/** Records from the internal logs of a broker of Apache Kafka 4.3.1. */
import { describe, expect, test } from 'vitest'
import {
  type CoordinatorRecordTypes,
  decodeCoordinatorRecord,
  encodeCoordinatorRecord,
  GROUP_RECORDS,
  TRANSACTION_RECORDS,
} from '../../src/data/coordinator-record.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../../src/data/metadata-record.ts'
import recorded from './recorded-records.json' with { type: 'json' }

const RECORDS = recorded.map(row => ({ ...row, version: row.version ?? undefined }))
const bytes = (hex: string | null) => (hex === null ? null : Buffer.from(hex, 'hex'))
function recode(types: CoordinatorRecordTypes, key: Buffer, value: Buffer | null) {
  const record = decodeCoordinatorRecord(types, key, value)!
  return { kind: record.kind, ...encodeCoordinatorRecord(types, record) }
}

describe.each([
  { log: '__consumer_offsets', types: GROUP_RECORDS },
  { log: '__transaction_state', types: TRANSACTION_RECORDS },
])('$log', ({ log, types }) => {
  test.each(RECORDS.filter(row => row.log === log))('$kind v$version keeps its bytes', row => {
    const { kind, key, value } = recode(types, bytes(row.key)!, bytes(row.value))
    expect(kind).toBe(row.kind)
    expect(key.toString('hex')).toBe(row.key)
    expect(value?.toString('hex') ?? null).toBe(row.value)
  })
})

describe('__cluster_metadata', () => {
  test.each(RECORDS.filter(row => row.log === '__cluster_metadata'))('$kind v$version keeps its bytes', row => {
    const record = decodeMetadataRecord(bytes(row.value)!)
    expect(record?.kind).toBe(row.kind)
    expect(encodeMetadataRecord(record!, row.version).toString('hex')).toBe(row.value)
  })

  test('a kind that is newer than this code is passed over', () => {
    expect(decodeMetadataRecord(Buffer.from([1, 99, 0, 0]))).toBeUndefined()
  })
})
