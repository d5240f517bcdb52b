import { createCodecs } from '@millrace/platform'
import { RecordBatch, RecordBatchBuilder } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { AssignedPartition } from '../../src/consumer/assigned-partition.ts'
import { FetchedData } from '../../src/consumer/fetched-data.ts'

const codecs = createCodecs()
const OUTCOME = { highWatermark: 10, lastStableOffset: 6, logStartOffset: 0 }
const RULES = { checksChecksums: true, aborted: null }

function batch(baseOffset: number, leaderEpoch: number, count = 2): Buffer {
  const builder = new RecordBatchBuilder({}, codecs)
  for (let index = 0; index < count; index++) builder.append({ key: null, value: Buffer.from('v'), timestampMs: 0 })
  const bytes = builder.build()
  new RecordBatch(bytes).assignOffsets(baseOffset, leaderEpoch)
  return bytes
}
/** At offset 0, with these batches fetched ahead by fetches that began at offset 0, 2, 4… */
function holding(...fetches: readonly (readonly Buffer[])[]): AssignedPartition {
  const assigned = new AssignedPartition('t', 0, true, 0)
  assigned.seek(0)
  for (const batches of fetches)
    assigned.arrived(
      new FetchedData(assigned, assigned.fetchOffset!, Buffer.concat(batches), OUTCOME, RULES, codecs),
      5,
    )
  assigned.outcome = OUTCOME
  return assigned
}

test.each([
  ['in one answer', [[batch(0, 1), batch(2, 1), batch(4, 2)]]],
  ['in several', [[batch(0, 1)], [batch(2, 1)], [batch(4, 2)]]],
])('a batch ends where the leader epoch changes: %s', (_name, fetches) => {
  const assigned = holding(...fetches)
  const taken = [assigned.take(100)!, assigned.take(100)!].map(({ records, leaderEpoch, nextOffset }) => [
    records.length,
    leaderEpoch,
    nextOffset,
  ])
  expect(taken).toEqual([
    [4, 1, 4],
    [2, 2, 6],
  ])
})
test('the end depends on who reads', () => {
  const [committed, all] = [true, false].map(readsCommitted => new AssignedPartition('t', 0, readsCommitted, 0))
  expect([committed!.end, committed!.lag]).toEqual([null, null])
  for (const assigned of [committed!, all!]) {
    assigned.seek(6)
    assigned.outcome = OUTCOME
  }
  expect([committed!.lag, all!.lag]).toEqual([0, 4])
  // An open transaction lies behind it: that is no end.
  expect([committed!.isAtEnd, all!.isAtEnd]).toEqual([false, false])
})
describe('a leader of another epoch', () => {
  const reading = () => {
    const assigned = holding([batch(0, 1)])
    assigned.validatedLeaderEpoch = 1
    return assigned
  }
  test('is asked once what was fetched ahead is read', () => {
    const assigned = reading()
    expect([assigned.needsValidation(1), assigned.needsValidation(2)]).toEqual([false, true])
    const { nextOffset, leaderEpoch } = assigned.take(100)!
    assigned.position = nextOffset
    assigned.positionLeaderEpoch = leaderEpoch
    expect(assigned.needsValidation(2)).toBe(true)
    assigned.validatedLeaderEpoch = 2
    expect(assigned.needsValidation(2)).toBe(false)
  })
  test('is not asked after a seek', () => {
    const assigned = reading()
    assigned.seek(7)
    expect(assigned.needsValidation(2)).toBe(false)
  })
})
