import { describe, expect, test } from 'vitest'
import { ANOMALY_KINDS, type AnomalyKind, anomaliesIn } from './checks.ts'
import { HistoryRecorder, type LoggedRecord, type Poll, type Verdict } from './history.ts'

/** A small history to spoil: `a` and `b` outside of transactions, `c` and `d` in a committed one, `e` in an aborted one. */
class Sample extends HistoryRecorder {
  readonly records: LoggedRecord[] = []
  readonly other: LoggedRecord[] = []
  markers = [5, 6]
  endOffset = 7

  constructor() {
    super()
    for (const name of ['a', 'b']) this.acknowledged(this.write(this.named(name)), name === 'a' ? 0 : 1)
    const committed = this.begin('t1', 'p2')
    for (const name of ['c', 'd'])
      this.acknowledged(this.write({ ...this.named(name), producer: 'p2', transaction: 't1' }), name === 'c' ? 2 : 3)
    this.ending(committed)
    committed.outcome = 'committed'
    const aborted = this.begin('t2', 'p2')
    this.acknowledged(this.write({ ...this.named('e'), producer: 'p2', transaction: 't2' }), 4)
    this.ending(aborted)
    aborted.outcome = 'aborted'
    this.at(0, 'a')
    this.at(1, 'b')
    this.at(2, 'c', 'committed')
    this.at(3, 'd', 'committed')
    this.at(4, 'e', 'aborted')
    this.see([0, 1, 2])
    this.see([3])
    this.completeReaders.push('reader')
  }

  private named(name: string) {
    return { name, partition: 'x-0', producer: 'p1', transaction: null }
  }

  at(offset: number, name: string, verdict: Verdict = 'plain'): void {
    this.records[offset] = { offset, name, verdict }
  }

  see(offsets: readonly number[], change: Partial<Poll> = {}): void {
    const records = offsets.map(offset => this.records[offset]!)
    this.poll({ reader: 'reader', partition: 'x-0', session: 0, isolation: 'read_committed', records, ...change })
  }

  finish() {
    const { records, markers, endOffset } = this
    this.log = [
      { partition: 'x-0', startOffset: 0, endOffset, records: records.filter(Boolean), markerOffsets: markers },
      { partition: 'x-1', startOffset: 0, endOffset: this.other.length, records: this.other, markerOffsets: [] },
    ]
    return anomaliesIn(this)
  }
}

test('a history in which all is well has no anomalies', () => {
  expect(new Sample().finish()).toEqual([])
})

test('what is not acknowledged may be there or not', () => {
  const sample = new Sample()
  for (const name of ['f', 'g']) sample.write({ name, partition: 'x-0', producer: 'p3', transaction: null })
  sample.at(7, 'f')
  sample.endOffset = 8
  sample.see([7])
  expect(sample.finish()).toEqual([])
})

test('a transaction without an answer may be committed or aborted, as a whole', () => {
  const sample = new Sample()
  sample.transactions.get('t1')!.outcome = 'unknown'
  sample.transactions.get('t2')!.outcome = 'unknown'
  expect(sample.finish()).toEqual([])
})

test('a reader whose position was set anew may go back and may skip', () => {
  const sample = new Sample()
  sample.see([0], { session: 1 })
  sample.see([3], { session: 2 })
  expect(sample.finish()).toEqual([])
})

describe('the checks find', () => {
  const cases: Record<AnomalyKind, (sample: Sample) => void> = {
    'lost write': sample => {
      delete sample.records[1]
      sample.markers.push(1)
    },
    'failed write': sample => {
      sample.writes.get('b')!.outcome = 'failed'
    },
    duplicate: sample => {
      sample.at(7, 'b')
      sample.endOffset = 8
    },
    reordering: sample => {
      sample.at(0, 'b')
      sample.at(1, 'a')
    },
    phantom: sample => {
      sample.at(7, 'nobody')
      sample.endOffset = 8
    },
    'inconsistent offsets': sample => {
      sample.writes.get('b')!.offset = 0
    },
    gap: sample => {
      sample.endOffset = 8
    },
    'aborted read': sample => {
      sample.see([4])
    },
    'precommitted read': sample => {
      sample.transactions.get('t1')!.endTick = Infinity
    },
    'torn transaction': sample => {
      sample.at(3, 'd', 'aborted')
    },
    'circular information flow': sample => {
      const [first, second] = [sample.begin('t3', 'p4'), sample.begin('t4', 'p5')]
      sample.write({ name: 'f', partition: 'x-0', producer: 'p4', transaction: 't3' })
      sample.write({ name: 'g', partition: 'x-0', producer: 'p5', transaction: 't4' })
      first.reads.push('g')
      second.reads.push('f')
    },
    'internal non-monotonic poll': sample => {
      sample.see([1, 0], { session: 1 })
    },
    'external non-monotonic poll': sample => {
      sample.see([0])
    },
    'poll skip': sample => {
      sample.see([0, 2], { session: 1 })
    },
    unseen: sample => {
      sample.polls.pop()
    },
    'open transaction': sample => {
      sample.transactions.get('t2')!.outcome = 'unknown'
      sample.at(4, 'e', 'open')
    },
  }

  test.each(ANOMALY_KINDS)('%s', kind => {
    const sample = new Sample()
    cases[kind](sample)
    expect(sample.finish().map(anomaly => anomaly.kind)).toContain(kind)
  })

  test('a committed transaction whose records do not count', () => {
    const sample = new Sample()
    sample.at(2, 'c', 'aborted')
    sample.at(3, 'd', 'aborted')
    expect(sample.finish()).toContainEqual({ kind: 'torn transaction', detail: 't1 is committed, c does not count' })
  })

  test('an aborted transaction whose records count', () => {
    const sample = new Sample()
    sample.at(4, 'e', 'committed')
    sample.see([4])
    expect(sample.finish()).toContainEqual({ kind: 'torn transaction', detail: 't2 is aborted, e counts' })
  })

  test('a skip between two polls', () => {
    const sample = new Sample()
    sample.see([0], { session: 1 })
    sample.see([3], { session: 1 })
    expect(sample.finish()).toContainEqual({ kind: 'poll skip', detail: 'reader was not given x-0/1 before 3' })
  })

  test('a transaction made from what a later one of its producer wrote', () => {
    const sample = new Sample()
    const [first] = [sample.begin('t3', 'p4'), sample.begin('t4', 'p4')]
    sample.write({ name: 'f', partition: 'x-0', producer: 'p4', transaction: 't4' })
    first.reads.push('f')
    expect(sample.finish()).toContainEqual({ kind: 'circular information flow', detail: 't3 → t4 → t3' })
  })
})
