import { expect, test } from 'vitest'
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  decodeConsumerProtocol,
  encodeConsumerProtocol,
} from '../../src/data/consumer-protocol.ts'
import { decodeCoordinatorRecord, encodeCoordinatorRecord, GROUP_RECORDS } from '../../src/data/coordinator-record.ts'
import { decodeMetadataRecord, encodeMetadataRecord } from '../../src/data/metadata-record.ts'
import { MalformedMessageError } from '../../src/wire/errors.ts'

const hex = (text: string) => Buffer.from(text, 'hex')
const offsetKey = { group: 'g', topic: 't', partition: 3 }
const offset = { offset: 42, metadata: '', commitTimestamp: 1_000 }

test('a tombstone has a key and a null value', () => {
  const { key, value } = encodeCoordinatorRecord(GROUP_RECORDS, { kind: 'OffsetCommit', key: offsetKey, value: null })
  expect(key.toString('hex')).toBe('0001' + '000167' + '000174' + '00000003')
  expect(value).toBeNull()
  expect(decodeCoordinatorRecord(GROUP_RECORDS, key, value)).toEqual({
    kind: 'OffsetCommit',
    key: offsetKey,
    value: null,
  })
})

test('a value is written in the version asked for and read in the version it has', () => {
  const record = { kind: 'OffsetCommit' as const, key: offsetKey, value: { ...offset, expireTimestamp: 9 } }
  const { key, value } = encodeCoordinatorRecord(GROUP_RECORDS, record, 1)
  expect(value!.readInt16BE(0)).toBe(1)
  expect(decodeCoordinatorRecord(GROUP_RECORDS, key, value)?.value).toMatchObject({ expireTimestamp: 9 })
})

test('offset keys of type 0, from before Kafka 0.9, are read', () => {
  const key = hex('0000' + '000167' + '000174' + '00000003')
  expect(decodeCoordinatorRecord(GROUP_RECORDS, key, null)?.key).toEqual(offsetKey)
})

test('an unknown kind of record is passed over, an unknown version of a known kind is not', () => {
  expect(decodeCoordinatorRecord(GROUP_RECORDS, hex('7fff00'), hex('0000'))).toBeUndefined()
  const { key } = encodeCoordinatorRecord(GROUP_RECORDS, { kind: 'OffsetCommit', key: offsetKey, value: null })
  expect(() => decodeCoordinatorRecord(GROUP_RECORDS, key, hex('0063'))).toThrow(MalformedMessageError)
  expect(() => decodeCoordinatorRecord(GROUP_RECORDS, key, hex('00'))).toThrow(MalformedMessageError)
  expect(() => decodeCoordinatorRecord(GROUP_RECORDS, hex('00'), null)).toThrow(MalformedMessageError)
})

test('a metadata record is framed with three varints', () => {
  const bytes = encodeMetadataRecord({
    kind: 'ConfigRecord',
    value: { resourceType: 2, resourceName: 't', name: 'n', value: null },
  })
  expect(bytes.toString('hex')).toBe('01' + '04' + '00' + '02' + '0274' + '026e' + '00' + '00')
  expect(decodeMetadataRecord(bytes)?.kind).toBe('ConfigRecord')
})

test('metadata records: an unknown kind is passed over, an unknown framing or version is not', () => {
  expect(decodeMetadataRecord(hex('017f00'))).toBeUndefined()
  for (const bad of ['', '01', '020400', '010463', '80808080ff'])
    expect(() => decodeMetadataRecord(hex(bad)), bad).toThrow(MalformedMessageError)
})

test('consumer protocol data of a newer version is read as the newest we know', () => {
  const bytes = encodeConsumerProtocol(ConsumerProtocolSubscription, { topics: ['t'] })
  bytes.writeInt16BE(9, 0)
  const longer = Buffer.concat([bytes, hex('cafe')])
  expect(decodeConsumerProtocol(ConsumerProtocolSubscription, longer).topics).toEqual(['t'])
  expect(() => decodeConsumerProtocol(ConsumerProtocolAssignment, hex('ffff'))).toThrow(MalformedMessageError)
})
