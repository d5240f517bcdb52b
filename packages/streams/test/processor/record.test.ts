import { Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import { encodedKey, encodedValue, Record } from '../../src/processor/record.ts'

const headers = [{ key: 'h', value: Buffer.from('1') }]
const keyBytes = Buffer.from('k')
const valueBytes = Buffer.from('v')
const string = Serdes.string()
const record = new Record('k', 'v', 5, headers, string, keyBytes, string, valueBytes)

describe('a record', () => {
  test.each([-1, Number.NaN])('has no timestamp %s', timestampMs => {
    expect(() => new Record('k', 'v', timestampMs)).toThrow('a record needs a timestamp of at least 0 ms')
    expect(() => record.withTimestamp(timestampMs)).toThrow('a record needs a timestamp of at least 0 ms')
  })

  const copies = {
    withKey: record.withKey('K'),
    withValue: record.withValue('V'),
    withKeyAndValue: record.withKeyAndValue('K', 'V'),
    withValueAndTimestamp: record.withValueAndTimestamp('V', 6),
    withTimestamp: record.withTimestamp(6),
    withHeaders: record.withHeaders([]),
  }
  test.each([
    ['withKey', 'K', 'v', 5, headers],
    ['withValue', 'k', 'V', 5, headers],
    ['withKeyAndValue', 'K', 'V', 5, headers],
    ['withValueAndTimestamp', 'k', 'V', 6, headers],
    ['withTimestamp', 'k', 'v', 6, headers],
    ['withHeaders', 'k', 'v', 5, []],
  ] as const)(
    '%s replaces only that, and keeps the bytes of the rest',
    (name, key, value, timestampMs, expectedHeaders) => {
      const copy = copies[name]
      expect([copy.key, copy.value, copy.timestampMs, copy.headers]).toEqual([key, value, timestampMs, expectedHeaders])
      expect(copy.keyBytes).toBe(key === 'k' ? keyBytes : undefined)
      expect(copy.valueBytes).toBe(value === 'v' ? valueBytes : undefined)
    },
  )
})

describe('writing a record', () => {
  test('takes its bytes under the same serde, and no others', () => {
    expect(encodedKey(record, string, 't')).toBe(keyBytes)
    expect(encodedValue(record, string, 't')).toBe(valueBytes)
    expect(encodedKey(record, Serdes.json<string>(), 't')).toEqual(Buffer.from('"k"'))
    expect(encodedValue(record.withValue('w'), string, 't')).toEqual(Buffer.from('w'))
  })

  test('leaves null null', () => {
    const empty = new Record<string | null, string | null>(null, null, 5)
    expect(encodedKey(empty, Serdes.json(), 't')).toBeNull()
    expect(encodedValue(empty, Serdes.json(), 't')).toBeNull()
  })
})
