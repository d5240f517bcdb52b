import { createCodecs } from '@millrace/platform'
import { type BatchOptions, endTransactionMarker, RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type AbortedTransaction, AbortedTransactions } from '../../src/consumer/aborted-transactions.ts'
import { FetchedData, type TakenRecords } from '../../src/consumer/fetched-data.ts'

const codecs = createCodecs()
const AT = { topic: 't', partition: 0 }
const OUTCOME = { highWatermark: 100, lastStableOffset: 100, logStartOffset: 0 }

/** A batch with one record per value, at its place in the log. */
function batch(baseOffset: number, values: readonly string[], options: BatchOptions = {}): Buffer {
  const builder = new RecordBatchBuilder(options, codecs)
  for (const value of values) builder.append({ key: null, value: Buffer.from(value), timestampMs: 0 })
  return placed(baseOffset, builder.build())
}
function marker(baseOffset: number, producerId: number, result: 'ABORT' | 'COMMIT'): Buffer {
  const end = { result, producerId, producerEpoch: 0, coordinatorEpoch: 0, timestampMs: 0 }
  return placed(baseOffset, endTransactionMarker(end, codecs))
}
function placed(baseOffset: number, bytes: Buffer): Buffer {
  new RecordBatch(bytes).assignOffsets(baseOffset, 0)
  return bytes
}
function fetched(offset: number, batches: readonly Buffer[], aborted: readonly AbortedTransaction[] | null = null) {
  const rules = { checksChecksums: true, aborted: aborted === null ? null : new AbortedTransactions(aborted, codecs) }
  return new FetchedData(AT, offset, Buffer.concat(batches), OUTCOME, rules, codecs)
}
function takeAll(data: FetchedData, maxRecords = 100) {
  const taken: TakenRecords = { records: [], leaderEpoch: -1 }
  const nextOffset = data.take(maxRecords, taken)
  return { values: taken.records.map(({ offset, value }) => `${offset}${value}`).join(' '), nextOffset }
}

test('records before the position are left out', () => {
  const data = fetched(6, [batch(5, ['a', 'b', 'c'])])
  expect(takeAll(data)).toEqual({ values: '6b 7c', nextOffset: 8 })
  expect(data.isExhausted).toBe(true)
})
test('records come in portions', () => {
  const data = fetched(0, [batch(0, ['a', 'b']), batch(2, ['c'])])
  expect([takeAll(data, 1), takeAll(data, 2), takeAll(data, 2)]).toEqual([
    { values: '0a', nextOffset: 1 },
    { values: '1b 2c', nextOffset: 3 },
    { values: '', nextOffset: 3 },
  ])
})
test('gaps count: reading goes on behind the batch, not behind its last record', () => {
  const builder = new RecordBatchBuilder({ compression: 'gzip' }, codecs)
  builder.append({ key: null, value: Buffer.from('a'), timestampMs: 0 }, 0)
  builder.append({ key: null, value: Buffer.from('b'), timestampMs: 0 }, 3)
  const bytes = placed(10, builder.build())
  expect(takeAll(fetched(10, [bytes]))).toEqual({ values: '10a 13b', nextOffset: 14 })
  expect(fetched(10, [bytes]).endOffset).toBe(14)
})
test('a partial batch at the end is not there yet', () => {
  const bytes = Buffer.concat([batch(0, ['a']), batch(1, ['b']).subarray(0, 60)])
  const data = fetched(0, [bytes])
  expect([takeAll(data), data.endOffset]).toEqual([{ values: '0a', nextOffset: 1 }, 1])
})
test('a wrong checksum is an error at its offset, after what came before it', () => {
  const bad = batch(1, ['b'])
  bad[bad.length - 1]! ^= 1
  const data = fetched(0, [batch(0, ['a']), bad])
  expect(takeAll(data, 1)).toEqual({ values: '0a', nextOffset: 1 })
  expect(() => takeAll(data)).toThrow(expect.objectContaining({ code: 'CORRUPT_MESSAGE', offset: 1 }))
})

const transactional = (producerId: number) => ({ transactional: true, producerId, producerEpoch: 0, baseSequence: 0 })
const LOG = [
  batch(0, ['plain']),
  batch(1, ['x'], transactional(1)),
  batch(2, ['y'], transactional(2)),
  batch(3, ['x'], transactional(1)),
  marker(4, 1, 'ABORT'),
  batch(5, ['z'], transactional(1)),
  marker(6, 2, 'COMMIT'),
  marker(7, 1, 'COMMIT'),
  batch(8, ['end']),
]
test('read_committed leaves out aborted transactions and nothing else', () => {
  expect(takeAll(fetched(0, LOG, [{ producerId: 1, firstOffset: 1 }]))).toEqual({
    values: '0plain 2y 5z 8end',
    nextOffset: 9,
  })
})
test('also from the middle of one', () => {
  expect(takeAll(fetched(3, LOG.slice(3), [{ producerId: 1, firstOffset: 1 }])).values).toBe('5z 8end')
})
test('an unsorted list does no harm', () => {
  const aborted = [
    { producerId: 2, firstOffset: 2 },
    { producerId: 1, firstOffset: 1 },
  ]
  const log = [...LOG.slice(0, 6), marker(6, 2, 'ABORT'), ...LOG.slice(7)]
  expect(takeAll(fetched(0, log, aborted)).values).toBe('0plain 5z 8end')
})
test('read_uncommitted sees all records, and no markers', () => {
  expect(takeAll(fetched(0, LOG)).values).toBe('0plain 1x 2y 3x 5z 8end')
})
test('nothing but markers still moves on', () => {
  expect(takeAll(fetched(4, [marker(4, 1, 'ABORT'), marker(5, 2, 'ABORT')]))).toEqual({ values: '', nextOffset: 6 })
})

interface Write {
  readonly producerId: number
  readonly what: 'write' | 'plain' | 'commit' | 'abort'
}
test('whatever fetches see, exactly the records outside of aborted transactions are read', () => {
  const write: fc.Arbitrary<Write> = fc.record({
    producerId: fc.integer({ min: 1, max: 3 }),
    what: fc.constantFrom('write', 'write', 'plain', 'commit', 'abort'),
  })
  fc.assert(
    fc.property(fc.array(write, { maxLength: 40 }), fc.integer({ min: 1, max: 8 }), (writes, batchesPerFetch) => {
      const { log, aborted, visible } = logOf(writes)
      const read: string[] = []
      let position = 0
      for (let first = 0; first < log.length; ) {
        const part = log.slice(first, first + batchesPerFetch)
        const last = part.at(-1)!
        // As a broker lists them: those that touch what it sends.
        const overlapping = aborted.filter(one => one.firstOffset <= last.offset && one.markerOffset >= position)
        const bytes = part.map(one => one.bytes)
        const taken = takeAll(fetched(position, bytes, overlapping.toReversed()))
        if (taken.values !== '') read.push(...taken.values.split(' '))
        position = taken.nextOffset
        expect(position).toBe(last.offset + last.records)
        first += part.length
      }
      expect(read).toEqual(visible)
    }),
  )
})

/** A log as a broker writes it, its aborted transactions, and what read_committed is to see of it. */
function logOf(writes: readonly Write[]) {
  const log: { offset: number; records: number; bytes: Buffer }[] = []
  const aborted: { producerId: number; firstOffset: number; markerOffset: number }[] = []
  const open = new Map<number, { firstOffset: number; values: string[] }>()
  const visible: { offset: number; value: string }[] = []
  let offset = 0
  const append = (bytes: Buffer, records: number) => {
    log.push({ offset, records, bytes })
    offset += records
  }
  const end = (producerId: number, what: 'commit' | 'abort') => {
    const transaction = open.get(producerId)
    if (transaction === undefined) return
    open.delete(producerId)
    if (what === 'abort') aborted.push({ producerId, firstOffset: transaction.firstOffset, markerOffset: offset })
    else for (const value of transaction.values) visible.push({ offset: Number.parseInt(value, 10), value })
    append(marker(offset, producerId, what === 'abort' ? 'ABORT' : 'COMMIT'), 1)
  }
  for (const { producerId, what } of writes) {
    const values = ['x', 'y']
    const written = values.map((value, index) => `${offset + index}${value}`)
    if (what === 'commit' || what === 'abort') end(producerId, what)
    else if (what === 'plain') {
      for (const value of written) visible.push({ offset: Number.parseInt(value, 10), value })
      append(batch(offset, values), 2)
    } else {
      const transaction = open.get(producerId) ?? { firstOffset: offset, values: [] }
      open.set(producerId, transaction)
      transaction.values.push(...written)
      append(batch(offset, values, { producerId, producerEpoch: 0, transactional: true }), 2)
    }
  }
  for (const producerId of [...open.keys()]) end(producerId, 'abort')
  return { log, aborted, visible: visible.sort((a, b) => a.offset - b.offset).map(({ value }) => value) }
}
