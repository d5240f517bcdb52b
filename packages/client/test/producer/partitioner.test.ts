import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SeededRandom } from '@millrace/platform'
import { expect, test } from 'vitest'
import type { PartitionMetadata } from '../../src/cluster/metadata.ts'
import { DefaultPartitioner } from '../../src/producer/partitioner.ts'

const BATCH_BYTES = 1_000
const partitions = (leaders: readonly number[]): PartitionMetadata[] =>
  leaders.map((leaderId, partition) => ({
    partition,
    leaderId,
    leaderEpoch: 0,
    replicaIds: [],
    inSyncReplicaIds: [],
    offlineReplicaIds: [],
  }))
const keyless = { topic: 't', key: null, value: null }
const partitioner = () => new DefaultPartitioner(BATCH_BYTES, new SeededRandom(1))

test('keys go where the Java client sends them', () => {
  const lines = readFileSync(join(import.meta.dirname, 'kafka-partitions.txt'), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
  expect(lines).toHaveLength(1_000)
  for (const line of lines) {
    const [key, count, expected] = line.split(' ')
    const record = { ...keyless, key: Buffer.from(key!, 'base64') }
    const leaders = Array.from({ length: Number(count) }, () => 1)
    expect(partitioner().partition(record, 10, partitions(leaders)), line).toBe(Number(expected))
  }
})
test('records without a key fill a batch, then go to another partition', () => {
  const sticky = partitioner()
  const chosen = Array.from({ length: 40 }, () => sticky.partition(keyless, 100, partitions([1, 1, 1])))
  for (let start = 0; start < 40; start += 10) {
    expect(new Set(chosen.slice(start, start + 10)).size).toBe(1)
    if (start > 0) expect(chosen[start]).not.toBe(chosen[start - 1])
  }
})
test('partitions without a leader get nothing while others have one', () => {
  const sticky = partitioner()
  const chosen = Array.from({ length: 50 }, () => sticky.partition(keyless, BATCH_BYTES, partitions([-1, 1, -1, 1])))
  expect(new Set(chosen)).toEqual(new Set([1, 3]))
})
test('without any leader all partitions are as good', () => {
  const chosen = partitioner().partition(keyless, 1, partitions([-1, -1]))
  expect([0, 1]).toContain(chosen)
})
test('topics have choices of their own', () => {
  const sticky = partitioner()
  const one = sticky.partition(keyless, 100, partitions([1, 1, 1]))
  sticky.partition({ ...keyless, topic: 'u' }, BATCH_BYTES, partitions([1, 1, 1]))
  expect(sticky.partition(keyless, 100, partitions([1, 1, 1]))).toBe(one)
})
