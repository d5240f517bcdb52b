import { ErrorCode } from '@millrace/protocol'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AppendedMarker } from '../../src/log/producers/end-marker.ts'
import { ProducerStates, REMEMBERED_BATCHES, type SequencedBatch } from '../../src/log/producers/producer-state.ts'

const SEQUENCES = 2 ** 31

function batch(baseSequence: number, count: number, more: Partial<SequencedBatch> = {}): SequencedBatch {
  return {
    producerId: 7,
    producerEpoch: 0,
    baseSequence,
    lastSequence: (baseSequence + count - 1) % SEQUENCES,
    lastOffsetDelta: count - 1,
    lastOffset: baseSequence + count - 1,
    maxTimestampMs: 1_000,
    isTransactional: false,
    ...more,
  }
}

const COMMIT: AppendedMarker = {
  producerId: 7,
  producerEpoch: 0,
  coordinatorEpoch: 3,
  verdict: 'commit',
  offset: 20,
  timestampMs: 2_000,
}

/** Batches of 10 records, the first with sequence 0. */
function statesAfter(batches: number, more: Partial<SequencedBatch> = {}): ProducerStates {
  const states = new ProducerStates()
  for (let index = 0; index < batches; index++) states.record(batch(index * 10, 10, more), 0)
  return states
}

/** After two transactional batches, and a marker at offset 20. */
function endedBy(more: Partial<AppendedMarker> = {}): ProducerStates {
  const states = statesAfter(2, { isTransactional: true })
  states.recordMarker({ ...COMMIT, ...more }, 0)
  return states
}

function verdictOf(states: ProducerStates, next: SequencedBatch): string | number {
  const verdict = states.judge(next)
  return verdict.kind === 'refused' ? verdict.errorCode : verdict.kind
}

describe('a batch', () => {
  const OUT_OF_ORDER = ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER
  const rows = [
    { what: 'without a producer', states: statesAfter(1), next: batch(-1, 1, { producerId: -1 }), verdict: 'new' },
    { what: 'of an unknown producer, with any sequence', states: statesAfter(0), next: batch(77, 1), verdict: 'new' },
    { what: 'that follows', states: statesAfter(2), next: batch(20, 5), verdict: 'new' },
    { what: 'that leaves a gap', states: statesAfter(2), next: batch(21, 5), verdict: OUT_OF_ORDER },
    { what: 'sent again', states: statesAfter(2), next: batch(10, 10), verdict: 'duplicate' },
    { what: 'sent again, the oldest remembered', states: statesAfter(5), next: batch(0, 10), verdict: 'duplicate' },
    { what: 'sent again, one older', states: statesAfter(6), next: batch(0, 10), verdict: OUT_OF_ORDER },
    { what: 'that overlaps another', states: statesAfter(2), next: batch(10, 5), verdict: OUT_OF_ORDER },
    {
      what: 'of an older epoch',
      states: statesAfter(1, { producerEpoch: 3 }),
      next: batch(10, 1, { producerEpoch: 2 }),
      verdict: ErrorCode.INVALID_PRODUCER_EPOCH,
    },
    {
      what: 'that begins an epoch',
      states: statesAfter(1),
      next: batch(0, 1, { producerEpoch: 1 }),
      verdict: 'new',
    },
    {
      what: 'that begins an epoch in the middle',
      states: statesAfter(1),
      next: batch(10, 1, { producerEpoch: 1 }),
      verdict: OUT_OF_ORDER,
    },
    {
      what: 'of the broker itself, which has no sequence',
      states: statesAfter(2),
      next: batch(-1, 1, { lastSequence: -1, isTransactional: true }),
      verdict: 'new',
    },
    {
      what: 'outside the open transaction of its producer',
      states: statesAfter(2, { isTransactional: true }),
      next: batch(20, 5),
      verdict: ErrorCode.INVALID_TXN_STATE,
    },
    {
      what: 'sent again while a transaction is open',
      states: statesAfter(2, { isTransactional: true }),
      next: batch(10, 10, { isTransactional: true }),
      verdict: 'duplicate',
    },
    {
      what: 'that goes on after a marker',
      states: endedBy({ producerEpoch: 0 }),
      next: batch(20, 1),
      verdict: 'new',
    },
    {
      what: 'that goes on after a marker that raised the epoch',
      states: endedBy({ producerEpoch: 1 }),
      next: batch(20, 1, { producerEpoch: 1 }),
      verdict: OUT_OF_ORDER,
    },
    {
      what: 'that begins anew after a marker that raised the epoch',
      states: endedBy({ producerEpoch: 1 }),
      next: batch(0, 1, { producerEpoch: 1 }),
      verdict: 'new',
    },
    {
      what: 'of the transaction that a raised epoch has ended',
      states: endedBy({ producerEpoch: 1 }),
      next: batch(20, 1, { isTransactional: true }),
      verdict: ErrorCode.INVALID_PRODUCER_EPOCH,
    },
  ]
  test.each(rows)('$what: $verdict', ({ states, next, verdict }) => {
    expect(verdictOf(states, next)).toBe(verdict)
  })

  test('continues with sequence 0 behind 2^31−1, also within a batch', () => {
    const states = new ProducerStates()
    states.record(batch(SEQUENCES - 10, 10), 0)
    expect(verdictOf(states, batch(0, 3))).toBe('new')
    states.record(batch(0, 3), 0)
    const wrapping = new ProducerStates()
    wrapping.record(batch(SEQUENCES - 2, 5), 0)
    expect(verdictOf(wrapping, batch(SEQUENCES - 2, 5))).toBe('duplicate')
    expect(verdictOf(wrapping, batch(3, 1))).toBe('new')
  })

  test('sent again is answered with where it was put', () => {
    const states = statesAfter(3)
    expect(states.judge(batch(10, 10))).toMatchObject({ batch: { lastOffset: 19, offsetDelta: 9, timestampMs: 1_000 } })
  })
})

describe('a marker', () => {
  const inTransaction = () => statesAfter(2, { isTransactional: true, producerEpoch: 5 })
  const ended = () => {
    const states = inTransaction()
    states.recordMarker({ ...COMMIT, producerEpoch: 6 }, 0)
    return states
  }
  const rows = [
    { what: 'of an unknown producer', states: new ProducerStates(), marker: {}, verdict: 'new' },
    { what: 'of the epoch of the records', states: inTransaction(), marker: { producerEpoch: 5 }, verdict: 'new' },
    {
      what: 'of an older epoch',
      states: inTransaction(),
      marker: { producerEpoch: 4 },
      verdict: ErrorCode.INVALID_PRODUCER_EPOCH,
    },
    {
      what: 'that should raise the epoch and does not',
      states: inTransaction(),
      marker: { producerEpoch: 5 },
      transactionVersion: 2,
      verdict: ErrorCode.INVALID_PRODUCER_EPOCH,
    },
    {
      what: 'that raises the epoch',
      states: inTransaction(),
      marker: { producerEpoch: 6 },
      transactionVersion: 2,
      verdict: 'new',
    },
    {
      what: 'that repeats the last one',
      states: ended(),
      marker: { producerEpoch: 6 },
      transactionVersion: 2,
      verdict: 'new',
    },
    {
      what: 'of an older coordinator',
      states: ended(),
      marker: { producerEpoch: 6, coordinatorEpoch: 2 },
      verdict: ErrorCode.TRANSACTION_COORDINATOR_FENCED,
    },
  ]
  test.each(rows)('$what: $verdict', ({ states, marker, transactionVersion = 1, verdict }) => {
    const judged = states.judgeMarker({ ...COMMIT, ...marker }, transactionVersion)
    expect(judged.kind === 'refused' ? judged.errorCode : judged.kind).toBe(verdict)
  })

  test('tells what it rolled back, and what was decided then', () => {
    const states = new ProducerStates()
    states.record(batch(0, 10, { isTransactional: true }), 0)
    states.record(batch(0, 5, { producerId: 8, lastOffset: 14, isTransactional: true }), 0)
    expect(states.recordMarker({ ...COMMIT, producerId: 8, verdict: 'abort', offset: 15 }, 0)).toEqual({
      producerId: 8,
      firstOffset: 10,
      lastOffset: 15,
      lastStableOffset: 0,
    })
    expect(states.recordMarker({ ...COMMIT, verdict: 'abort', offset: 16 }, 0)).toMatchObject({ lastStableOffset: 17 })
    expect(states.recordMarker({ ...COMMIT, verdict: 'abort', offset: 17 }, 0)).toBeUndefined()
  })

  test('takes effect once it is below the high watermark', () => {
    const states = new ProducerStates()
    states.record(batch(0, 10, { isTransactional: true }), 0)
    states.record(batch(0, 5, { producerId: 8, lastOffset: 14, isTransactional: true }), 0)
    states.recordMarker({ ...COMMIT, offset: 15 }, 0)
    expect(states.firstUndecidedOffset).toBe(0)
    states.settle(15)
    expect(states.firstUndecidedOffset).toBe(0)
    states.settle(16)
    expect(states.firstUndecidedOffset).toBe(10)
    states.recordMarker({ ...COMMIT, producerId: 8, offset: 16 }, 0)
    states.settle(17)
    expect(states.firstUndecidedOffset).toBeUndefined()
  })
})

test('open transactions come back from a snapshot, whatever its order', () => {
  const live = new ProducerStates()
  for (let producerId = 0; producerId < 4; producerId++)
    live.record(batch(0, 10, { producerId, lastOffset: producerId * 10 + 9, isTransactional: true }), 0)
  const restored = new ProducerStates()
  restored.restore([...live.values()].reverse())
  expect(restored.firstUndecidedOffset).toBe(0)
  expect([restored.hasOpenTransaction(2, 0), restored.hasOpenTransaction(2, 1)]).toEqual([true, false])
  restored.recordMarker({ ...COMMIT, producerId: 0, offset: 40 }, 0)
  restored.settle(41)
  expect(restored.firstUndecidedOffset).toBe(10)
})

test('a new epoch forgets the batches of the old one', () => {
  const states = statesAfter(3)
  states.record(batch(0, 10, { producerEpoch: 1, lastOffset: 39 }), 0)
  expect(states.get(7)!.batches.map(each => each.lastOffset)).toEqual([39])
})

test('a producer is forgotten after its expiry, counted by the clock and not by its timestamps', () => {
  const states = new ProducerStates()
  states.record(batch(0, 1, { maxTimestampMs: 5 }), 100_000)
  states.expire(100_999, 1_000)
  expect(states.size).toBe(1)
  states.expire(101_000, 1_000)
  expect(states.size).toBe(0)
})

test('batches that a snapshot leaves out come back from the log', () => {
  const live = statesAfter(8)
  const restored = new ProducerStates()
  restored.restore(Array.from(live.values(), entry => ({ ...entry, batches: entry.batches.slice(-1) })))
  restored.restoreEarlierBatches(Array.from({ length: 8 }, (_, index) => batch(index * 10, 10)))
  expect([...restored.values()]).toEqual([...live.values()])
})

test('batches of another epoch or another end of the log do not come back', () => {
  const entry = [...statesAfter(8, { producerEpoch: 2 }).values()][0]!
  for (const tail of [[batch(60, 10)], [batch(50, 10, { producerEpoch: 2 }), batch(60, 10, { producerEpoch: 2 })]]) {
    const restored = new ProducerStates()
    restored.restore([{ ...entry, batches: entry.batches.slice(-1) }])
    restored.restoreEarlierBatches(tail)
    expect(restored.get(7)!.batches).toHaveLength(1)
  }
})

test('whatever a producer with five batches in flight repeats, the log holds each batch once and in order', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: REMEMBERED_BATCHES }), { maxLength: 60 }), steps => {
      const states = new ProducerStates()
      const appended: number[] = []
      let sent = 0
      for (const step of steps) {
        // Step 0 sends the next batch, n sends the nth last one again.
        const index = step === 0 ? sent++ : sent - step
        if (index < 0) continue
        const verdict = states.judge(batch(index * 10, 10))
        if (verdict.kind === 'new') {
          states.record(batch(index * 10, 10), 0)
          appended.push(index)
        } else expect(verdict).toMatchObject({ kind: 'duplicate', batch: { lastOffset: index * 10 + 9 } })
      }
      expect(appended).toEqual(Array.from({ length: sent }, (_, index) => index))
    }),
  )
})
