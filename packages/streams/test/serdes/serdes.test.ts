import { Serdes } from '@millrace/client'
import { partitionForKey } from '@millrace/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Change } from '../../src/processor/change.ts'
import { ChangeSerde } from '../../src/serdes/change-serde.ts'
import { TimeWindowedSerde } from '../../src/serdes/time-windowed-serde.ts'
import { isWindowedSerde, windowedPartitioner } from '../../src/serdes/windowed-serde.ts'
import { Windowed } from '../../src/windows/windowed.ts'

describe('changes of a grouped table', () => {
  const serde = new ChangeSerde(Serdes.string())

  test.each([
    [{ newValue: null, oldValue: '1' }, '3100'],
    [{ newValue: '1', oldValue: null }, '3101'],
    [{ newValue: '2', oldValue: '1' }, '02323102'],
    [{ newValue: '', oldValue: '' }, '0002'],
  ])('%j is 0x%s', (change, hex) => {
    expect(Buffer.from(serde.serialize('t', change)).toString('hex')).toBe(hex)
    expect(serde.deserialize('t', Buffer.from(hex, 'hex'))).toEqual(change)
  })

  test.each([
    ['310103', { newValue: null, oldValue: '1' }],
    ['310104', { newValue: '1', oldValue: null }],
    ['0232310105', { newValue: '2', oldValue: '1' }],
  ])('0x%s, from a versioned table, is read as well', (hex, change) => {
    expect(serde.deserialize('t', Buffer.from(hex, 'hex'))).toEqual(change)
  })

  test('any change survives', () => {
    const values = fc.record({ newValue: fc.option(fc.string()), oldValue: fc.option(fc.string()) })
    fc.assert(
      fc.property(values, change => {
        fc.pre(change.newValue !== null || change.oldValue !== null)
        const bytes = Buffer.from(serde.serialize('t', change))
        expect(serde.deserialize('t', bytes)).toEqual(change satisfies Change<string>)
      }),
    )
  })

  test('no value at all has no form', () => {
    expect(() => serde.serialize('t', { newValue: null, oldValue: null })).toThrow('neither an old nor a new value')
  })

  test.each(['', '3107', '7f3102'])('0x%s is refused', hex => {
    expect(() => serde.deserialize('t', Buffer.from(hex, 'hex'))).toThrow('a change')
  })
})

describe('keys of time windows', () => {
  const serde = new TimeWindowedSerde(Serdes.string(), 10)

  test('are the key and the start; the size is known', () => {
    const bytes = serde.serialize('t', new Windowed('a', 1_000, 1_010))
    expect(Buffer.from(bytes).toString('hex')).toBe('6100000000000003e8')
    expect(serde.deserialize('t', Buffer.from(bytes))).toEqual(new Windowed('a', 1_000, 1_010))
  })

  test('need eight bytes', () => {
    expect(() => serde.deserialize('t', Buffer.alloc(7))).toThrow('a windowed key has 7 bytes')
  })

  test('go to the partition of the plain key', () => {
    expect(isWindowedSerde(serde)).toBe(true)
    expect(isWindowedSerde(Serdes.string())).toBe(false)
    const partitioner = windowedPartitioner(serde)
    for (const key of ['a', 'b', 'c']) {
      const expected = [partitionForKey(Buffer.from(key), 7)]
      expect(partitioner('t', new Windowed(key, 10, 20), 1, 7)).toEqual(expected)
      expect(partitioner('t', new Windowed(key, 20, 30), 1, 7)).toEqual(expected)
    }
  })

  test('print as Kafka Streams prints them', () => {
    expect(String(new Windowed('a', 10, 20))).toBe('[a@10/20]')
  })
})
