import { COMPRESSIONS, CorruptBatchError } from '@millrace/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ProducerStates } from '../../../src/log/producers/producer-state.ts'
import { codecs } from '../log-fixture.ts'
import {
  type BatchSpec,
  describeBatches,
  type MarkerSpec,
  MemoryLog,
  type RecordSpec,
  recordsOf,
  valuesOf,
} from './compaction-fixture.ts'

const put = (key: string | null, value: string | null = 'v', timestampMs = 1_000): RecordSpec => ({
  key,
  value,
  timestampMs,
})

describe('records', () => {
  test('that a later one replaces go, and offsets stay', () => {
    const log = new MemoryLog().append(
      { records: [put('a', '1'), put('b', '1')] },
      { records: [put('a', '2')] },
      { records: [put('c', '1'), put('b', '2'), put('d', '1')] },
    )
    expect(describeBatches(log.compact().batches)).toEqual(['2–2: 2:a=2', '3–5: 3:c=1 4:b=2 5:d=1'])
  })

  test.each(COMPRESSIONS)('stay in a batch of the same codec (%s)', compression => {
    const log = new MemoryLog().append({ records: [put('a', '1', 5), put('b', '1', 7), put('a', '2', 6)], compression })
    const [batch] = log.compact().batches
    expect(batch!.compression).toBe(compression)
    expect(batch!.hasValidChecksum(codecs)).toBe(true)
    expect(recordsOf(batch!)).toEqual([
      { offset: 1, key: 'b', value: '1', timestampMs: 7 },
      { offset: 2, key: 'a', value: '2', timestampMs: 6 },
    ])
    expect([batch!.baseOffset, batch!.lastOffset, batch!.maxTimestampMs]).toEqual([0, 2, 7])
  })

  test('of a batch that loses none keep their bytes', () => {
    const log = new MemoryLog().append({ records: [put('a'), put('b')], compression: 'gzip' })
    const before = Buffer.from(log.batches[0]!.bytes)
    expect(log.compact().batches[0]!.bytes).toEqual(before)
  })

  test('without a key go', () => {
    const log = new MemoryLog().append({ records: [put(null), put('a'), put(null)] })
    expect(log.compact().offsets).toEqual([1])
  })

  test('beyond what the map of keys could take stay for the next pass', () => {
    const log = new MemoryLog().append(
      { records: [put('a', '1'), put('b', '1')] },
      { records: [put('c', '1'), put('d', '1'), put('a', '2'), put('b', '2')] },
    )
    // One of four places stays empty.
    log.compact({ maxKeys: 4 })
    expect([log.dirtyOffset, log.offsets]).toEqual([3, [0, 1, 2, 3, 4, 5]])
    log.compact({ maxKeys: 4 })
    expect([log.dirtyOffset, log.offsets]).toEqual([6, [2, 3, 4, 5]])
  })

  test('under LogAppendTime keep the time of the log', () => {
    const log = new MemoryLog().append({ records: [put('a'), put('b'), put('a', null)], logAppendTimeMs: 77 })
    const [batch] = log.compact().batches
    expect([batch!.timestampType, batch!.maxTimestampMs]).toEqual(['LogAppendTime', 77])
    expect(recordsOf(batch!).map(record => [record.offset, record.timestampMs])).toEqual([
      [1, 77],
      [2, 77],
    ])
  })

  test('that are damaged are not written again', () => {
    const log = new MemoryLog().append({ records: [put('a'), put('a')] })
    const [batch] = log.batches
    batch!.buffer[batch!.sizeInBytes - 1]! ^= 1
    expect(() => log.compact()).toThrow(CorruptBatchError)
  })
})

describe('a tombstone', () => {
  const log = () => new MemoryLog().append({ records: [put('a', '1', 500), put('b', '1', 600), put('a', null, 700)] })

  test('stays for delete.retention.ms after the pass that removed what it deletes', () => {
    const cleaned = log().compact({ nowMs: 10_000 })
    expect(describeBatches(cleaned.batches)).toEqual(['0–2 until 11000: 1:b=1 2:a†'])
    expect(recordsOf(cleaned.batches[0]!).map(record => record.timestampMs)).toEqual([600, 700])
    expect(cleaned.batches[0]!.maxTimestampMs).toBe(700)
    expect(cleaned.compact({ nowMs: 10_999 }).offsets).toEqual([1, 2])
    expect(describeBatches(cleaned.compact({ nowMs: 11_000 }).batches)).toEqual(['0–2 until 11000: 1:b=1'])
  })

  test('goes at once where a later record replaces it', () => {
    const cleaned = log().compact({ nowMs: 10_000 })
    cleaned.append({ records: [put('a', '2')] })
    expect(cleaned.compact({ nowMs: 10_001 }).offsets).toEqual([1, 3])
  })

  test('in a batch of the uncompacted part gets its time when it is compacted', () => {
    const cleaned = log().compact({ nowMs: 10_000 })
    cleaned.append({ records: [put('b', null)] }).compact({ nowMs: 20_000 })
    expect(describeBatches(cleaned.batches)).toEqual(['3–3 until 21000: 3:b†'])
  })
})

describe('transactions', () => {
  const inTransaction = (producerId: number, baseSequence: number, ...records: RecordSpec[]): BatchSpec => ({
    records,
    producerId,
    baseSequence,
    transactional: true,
  })
  const end = (marker: MarkerSpec['marker'], producerId: number): MarkerSpec => ({ marker, producerId })

  test('that were aborted lose their records at once, whatever their keys', () => {
    const log = new MemoryLog().append(
      { records: [put('a', 'old')] },
      inTransaction(1, 0, put('a', 'never'), put('b', 'never')),
      inTransaction(1, 2, put('c', 'never')),
      end('ABORT', 1),
      { records: [put('z')] },
    )
    expect(log.compact().offsets).toEqual([0, 4, 5])
    expect(describeBatches(log.batches)[1]).toBe('3–3 of 1/0:')
  })

  test('leave their marker until their records are gone and delete.retention.ms has passed since', () => {
    const log = new MemoryLog().append(inTransaction(1, 0, put('a', '1')), end('COMMIT', 1), { records: [put('b')] })
    expect(describeBatches(log.compact({ nowMs: 10_000 }).batches)).toEqual([
      '0–0 of 1/0: 0:a=1',
      '1–1 of 1/0: commit',
      '2–2: 2:b=v',
    ])
    log.append({ records: [put('a', '2')] })
    log.producers.expire(1, 0)
    // The pass that removes the records still meets them; the one after it sets the time.
    expect(describeBatches(log.compact({ nowMs: 20_000 }).batches)).toContain('1–1 of 1/0: commit')
    expect(describeBatches(log.compact({ nowMs: 30_000 }).batches)).toContain('1–1 of 1/0 until 31000: commit')
    expect(log.compact({ nowMs: 30_999 }).offsets).toContain(1)
    expect(log.compact({ nowMs: 31_000 }).offsets).toEqual([2, 3])
  })

  test('that were aborted stay in the index as long as batches of theirs do', () => {
    const log = new MemoryLog().append(inTransaction(1, 0, put('a')), end('ABORT', 1), { records: [put('b')] })
    log.producers.expire(1, 0)
    expect(log.compact().aborted).toHaveLength(1)
    expect(log.compact().aborted).toEqual([])
  })

  test('that are open are out of reach', () => {
    const log = new MemoryLog().append(
      { records: [put('a', '1')] },
      inTransaction(1, 0, put('a', '2')),
      { records: [put('a', '3')] },
      { records: [put('a', '4')] },
    )
    expect(log.compact().offsets).toEqual([0, 1, 2, 3])
  })
})

describe('the last batch', () => {
  test('of each live producer stays, empty if need be', () => {
    const log = new MemoryLog().append(
      { records: [put('a', '1')], producerId: 1, baseSequence: 0 },
      { records: [put('a', '2'), put('b', '2')], producerId: 1, baseSequence: 1, compression: 'lz4' },
      { records: [put('a', '3'), put('b', '3')], producerId: 2, baseSequence: 0 },
    )
    expect(describeBatches(log.compact().batches)).toEqual(['1–2 of 1/0:', '3–4 of 2/0: 3:a=3 4:b=3'])
    expect(log.batches[0]).toMatchObject({ lastSequence: 2, recordCount: 0, compression: 'none', sizeInBytes: 61 })
    log.producers.expire(1, 0)
    expect(describeBatches(log.compact().batches)).toEqual(['3–4 of 2/0: 3:a=3 4:b=3'])
  })

  test('of what a pass looks at stays, to show how far the log goes', () => {
    const log = new MemoryLog().append({ records: [put('a', '1')] }, { records: [put(null)] })
    expect(describeBatches(log.compact().batches)).toEqual(['0–0: 0:a=1', '1–1:'])
  })

  test('may be a marker: it has the epoch that fences', () => {
    const log = new MemoryLog().append(
      { records: [put('a')], producerId: 1, baseSequence: 0, transactional: true },
      { marker: 'ABORT', producerId: 1, producerEpoch: 1 },
      { records: [put('b')] },
    )
    for (const nowMs of [10_000, 20_000, 30_000, 40_000]) log.compact({ nowMs })
    expect(describeBatches(log.batches)).toEqual(['1–1 of 1/1:', '2–2: 2:b=v'])
    const restarted = new ProducerStates()
    for (const batch of log.batches) restarted.replay(batch, 0, codecs)
    expect(restarted.get(1)).toMatchObject({ producerEpoch: 1, batches: [], currentTransactionFirstOffset: -1 })
  })
})

describe('any log', () => {
  const KEYS = ['a', 'b', 'c', 'd', 'e', 'a key that is longer than thirty-one bytes']
  const record = fc.record({
    key: fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...KEYS) }, fc.constant(null)),
    value: fc.option(fc.string({ maxLength: 5 }), { freq: 3 }),
    timestampMs: fc.nat(5_000),
  })
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('write' as const),
        producer: fc.nat(4),
        transactional: fc.boolean(),
        records: fc.array(record, { minLength: 1, maxLength: 5 }),
        compression: fc.constantFrom(...COMPRESSIONS),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('end' as const),
        producer: fc.nat(4),
        marker: fc.constantFrom('ABORT' as const, 'COMMIT' as const),
        bump: fc.nat(1),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('compact' as const),
        laterMs: fc.nat(1_500),
        maxKeys: fc.integer({ min: 1, max: 12 }),
      }),
    },
  )

  test('reads the same by key before and after, committed records only', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), steps => {
        const log = new MemoryLog()
        const original = new Map<number, ReturnType<typeof recordsOf>[number]>()
        const sequences = new Map<number, { epoch: number; next: number; isOpen: boolean }>()
        let nowMs = 10_000
        for (const each of steps) {
          if (each.kind === 'compact') {
            nowMs += each.laterMs
            const finalBefore = valuesOf(log.readCommitted())
            const sequencesBefore = lastSequences(log)
            log.compact({ nowMs, maxKeys: each.maxKeys })
            expect(valuesOf(log.readCommitted())).toEqual(finalBefore)
            expect(lastSequences(log)).toEqual(sequencesBefore)
            continue
          }
          const state = sequences.get(each.producer) ?? { epoch: 0, next: 0, isOpen: false }
          sequences.set(each.producer, state)
          if (each.kind === 'end') {
            if (each.bump === 1) Object.assign(state, { epoch: state.epoch + 1, next: 0 })
            log.append({ marker: each.marker, producerId: each.producer, producerEpoch: state.epoch })
            state.isOpen = false
            continue
          }
          const transactional = each.transactional || state.isOpen
          const spec = { ...each, producerId: each.producer, producerEpoch: state.epoch, baseSequence: state.next }
          log.append({ ...spec, transactional })
          state.next += each.records.length
          state.isOpen = transactional
          for (const appended of recordsOf(log.batches.at(-1)!)) original.set(appended.offset, appended)
        }
        for (const batch of log.batches) {
          expect(batch.hasValidChecksum(codecs)).toBe(true)
          if (!batch.isControl) for (const kept of recordsOf(batch)) expect(kept).toEqual(original.get(kept.offset))
        }
        const bounds = log.batches.flatMap(batch => [batch.baseOffset, batch.lastOffset])
        expect(bounds).toEqual([...bounds].sort((a, b) => a - b))
      }),
      { numRuns: 300 },
    )
  })

  /** What a restart would learn of producers that have written records in their present epoch. */
  function lastSequences(log: MemoryLog): Map<number, string> {
    const last = new Map<number, string>()
    for (const { producerId, producerEpoch, lastSequence, isControl } of log.batches)
      if (!isControl) last.set(producerId, `${producerEpoch}: ${lastSequence}`)
    const known = Array.from(log.producers.values(), ({ producerId, batches }) => [producerId, batches.length] as const)
    for (const [producerId, count] of known) if (count === 0) last.delete(producerId)
    return last
  }
})
