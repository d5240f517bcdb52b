import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  parseEpochCheckpoint,
  parseOffsetCheckpoint,
  printEpochCheckpoint,
  printOffsetCheckpoint,
} from '../../src/log/directory/checkpoint-file.ts'
import {
  isDeletedDirectory,
  parsePartitionDirectory,
  parseSegmentFileName,
  retiredDirectoryName,
  segmentFileName,
} from '../../src/log/directory/file-names.ts'
import { LeaderEpochs } from '../../src/log/directory/leader-epochs.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../src/log/producers/producer-snapshot.ts'
import type { ProducerEntry } from '../../src/log/producers/producer-state.ts'
import { codecs } from './log-fixture.ts'

describe('names', () => {
  test('of segment files have 20 digits', () => {
    expect(segmentFileName(42, 'timeindex')).toBe('00000000000000000042.timeindex')
    expect(parseSegmentFileName('00000000000000000042.log')).toEqual({ offset: 42, kind: 'log' })
  })
  test.each(['42.log', '00000000000000000042.log.deleted', '99999999999999999999.log', 'leader-epoch-checkpoint'])(
    '%s is no segment file',
    name => {
      expect(parseSegmentFileName(name)).toBeUndefined()
    },
  )
  test('of partition directories end with the number', () => {
    expect(parsePartitionDirectory('a-b-12')).toEqual({ topic: 'a-b', partition: 12 })
  })
  test.each(['orders', 'orders-', 'orders-7.0123456789abcdef0123456789abcdef-delete', '../x-0', 'meta.properties'])(
    '%s is no partition directory',
    name => {
      expect(parsePartitionDirectory(name)).toBeUndefined()
    },
  )
  test('of deleted directories are no longer than a file name may be', () => {
    const name = retiredDirectoryName(`${'t'.repeat(249)}-0`, '0123456789abcdef0123456789abcdef', 'delete')
    expect(name).toHaveLength(255)
    expect(isDeletedDirectory(name)).toBe(true)
    expect(isDeletedDirectory('orders-delete')).toBe(false)
  })
})

describe('checkpoints', () => {
  test("of offsets are Kafka's text", () => {
    const offsets = new Map([
      ['orders 0', 17],
      ['a.b-c 3', 0],
    ])
    const text = printOffsetCheckpoint(offsets)
    expect(text.toString()).toBe('0\n2\norders 0 17\na.b-c 3 0\n')
    expect(parseOffsetCheckpoint(text)).toEqual(offsets)
  })
  test("of epochs are Kafka's text", () => {
    const epochs = [
      { leaderEpoch: 0, startOffset: 0 },
      { leaderEpoch: 3, startOffset: 12 },
    ]
    expect(printEpochCheckpoint(epochs).toString()).toBe('0\n2\n0 0\n3 12\n')
    expect(parseEpochCheckpoint(printEpochCheckpoint(epochs))).toEqual(epochs)
  })
  test('that are cut anywhere are noticed', () => {
    const text = printOffsetCheckpoint(new Map([['orders 0', 17]]))
    for (let length = 0; length < text.length; length++)
      expect(parseOffsetCheckpoint(text.subarray(0, length))).toBeUndefined()
  })
  test.each(['', '1\n0\n', '0\n2\norders 0 1\n', '0\n1\norders 0\n', '0\n1\norders 0 -1\n', 'garbage'])(
    '%j is damaged',
    text => {
      expect(parseOffsetCheckpoint(Buffer.from(text))).toBeUndefined()
    },
  )
})

describe('leader epochs', () => {
  const epochs = new LeaderEpochs([
    { leaderEpoch: 1, startOffset: 10 },
    { leaderEpoch: 4, startOffset: 30 },
  ])
  test.each([
    [0, { leaderEpoch: 0, endOffset: 10 }],
    [1, { leaderEpoch: 1, endOffset: 30 }],
    [3, { leaderEpoch: 1, endOffset: 30 }],
    [4, { leaderEpoch: 4, endOffset: 50 }],
    [5, null],
    [-1, null],
  ])('epoch %i ends at %j', (leaderEpoch, expected) => {
    expect(epochs.endOffsetOf(leaderEpoch, 50)).toEqual(expected)
  })
  test('that wrote nothing are replaced by the next', () => {
    const replaced = new LeaderEpochs([{ leaderEpoch: 0, startOffset: 0 }])
    expect(replaced.assign(2, 0)).toBe(true)
    expect(replaced.assign(2, 9)).toBe(false)
    expect(replaced.entries).toEqual([{ leaderEpoch: 2, startOffset: 0 }])
  })
})

describe('producer snapshots', () => {
  const entry = fc.record<ProducerEntry>({
    producerId: fc.nat(),
    producerEpoch: fc.nat({ max: 32_767 }),
    batches: fc.array(
      fc.record({
        lastSequence: fc.nat(),
        lastOffset: fc.maxSafeNat(),
        offsetDelta: fc.nat(),
        timestampMs: fc.maxSafeNat(),
      }),
      { minLength: 1, maxLength: 1 },
    ),
    coordinatorEpoch: fc.integer({ min: -1, max: 1_000 }),
    currentTransactionFirstOffset: fc.integer({ min: -1, max: 1_000 }),
    lastTimestampMs: fc.constant(0),
    lastSeenMs: fc.constant(9),
  })
  const entries = fc
    .uniqueArray(entry, { selector: each => each.producerId })
    .map(list => list.map(each => ({ ...each, lastTimestampMs: each.batches[0]!.timestampMs })))

  test('come back as they were', () => {
    fc.assert(
      fc.property(entries, list => {
        expect(decodeProducerSnapshot(encodeProducerSnapshot(list, codecs), 9, codecs)).toEqual(list)
      }),
    )
  })
  test('with a bit flipped, or cut, are refused', () => {
    fc.assert(
      fc.property(entries, fc.nat(), fc.boolean(), (list, at, isCut) => {
        const bytes = encodeProducerSnapshot(list, codecs)
        const position = at % bytes.length
        if (isCut) expect(decodeProducerSnapshot(bytes.subarray(0, position), 9, codecs)).toBeUndefined()
        else {
          bytes[position]! ^= 1 << (at % 8)
          expect(decodeProducerSnapshot(bytes, 9, codecs)).toBeUndefined()
        }
      }),
    )
  })
  test('of no producers are a version, a checksum and a count', () => {
    const bytes = encodeProducerSnapshot([], codecs)
    expect(bytes).toHaveLength(10)
    expect(bytes.readInt16BE(0)).toBe(1)
  })
})
