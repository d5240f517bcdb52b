/** The logs of the coordinators are compacted topics: what they are loaded from after a restart is what compaction has left. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { APIS, ErrorCode } from '@millrace/protocol'
import { afterEach, expect, test, vi } from 'vitest'
import { RunningBroker } from '../../running-broker.ts'
import { TransactionalClient } from '../../transactions/transactional-client.ts'

const OFFSETS = '__consumer_offsets'
const TRANSACTIONS = '__transaction_state'

let running: RunningBroker | undefined
afterEach(async () => {
  await running?.stop()
  expect(running?.bugs).toEqual([])
})

async function started(): Promise<RunningBroker> {
  running = await RunningBroker.start({
    'log.cleaner.backoff.ms': 10,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.num.partitions': 1,
  })
  await running.createTopic('orders')
  await running.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['kept'] })
  await running.client.send(APIS.FindCoordinator, { keyType: 1, coordinatorKeys: ['kept'] })
  // A segment for nearly each batch.
  const configs = { 'segment.ms': '1', 'min.cleanable.dirty.ratio': '0.01', 'file.delete.delay.ms': '0' }
  const changes = Object.entries(configs).map(([name, value]) => ({ name, configOperation: 0, value }))
  await running.client.send(APIS.IncrementalAlterConfigs, {
    resources: [OFFSETS, TRANSACTIONS].map(resourceName => ({ resourceType: 2, resourceName, configs: changes })),
    validateOnly: false,
  })
  return running
}

async function commit({ client }: RunningBroker, groupId: string, committedOffset: number): Promise<void> {
  const { topics } = await client.send(
    APIS.OffsetCommit,
    {
      groupId,
      generationIdOrMemberEpoch: -1,
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, committedOffset, committedMetadata: groupId }] }],
    },
    9,
  )
  expect(topics[0]!.partitions[0]!.errorCode).toBe(0)
}

async function committed({ client }: RunningBroker, groupId: string): Promise<number> {
  for (;;) {
    const topics = [{ name: 'orders', partitionIndexes: [0] }]
    const { groups } = await client.send(APIS.OffsetFetch, { groups: [{ groupId, topics }], requireStable: true }, 9)
    const [group] = groups
    if (group!.errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS) continue
    const partition = group!.topics[0]!.partitions[0]!
    if (partition.errorCode === ErrorCode.UNSTABLE_OFFSET_COMMIT) continue
    expect([group!.errorCode, partition.errorCode]).toEqual([0, 0])
    return partition.committedOffset
  }
}

function compactedUpTo({ directory }: RunningBroker, topic: string): number {
  const text = readFileSync(join(directory, 'cleaner-offset-checkpoint'), 'utf8')
  return Number(new RegExp(`^${topic} 0 (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
}

test('groups and transactions come back from compacted logs', async () => {
  const broker = await started()
  await commit(broker, 'gone', 5)
  const { results } = await broker.client.send(APIS.DeleteGroups, { groupsNames: ['gone'] })
  expect(results[0]!.errorCode).toBe(0)
  const producer = await TransactionalClient.init(broker, 'mover')
  for (let offset = 1; offset <= 15; offset++) {
    await commit(broker, 'kept', offset)
    await producer.produce('orders', [`${offset}`])
    expect(await producer.commitOffset('moved', 'orders', offset)).toBe('NONE')
    await producer.endCompletely(offset % 2 === 0 ? 'commit' : 'abort')
  }
  const { producerId } = producer.producer
  await vi.waitFor(() => {
    expect(compactedUpTo(broker, OFFSETS)).toBeGreaterThan(20)
    expect(compactedUpTo(broker, TRANSACTIONS)).toBeGreaterThan(20)
  }, 10_000)
  for (const again of [() => {}, () => broker.restart(), () => broker.crash()]) {
    await again()
    expect(await committed(broker, 'kept')).toBe(15)
    expect(await committed(broker, 'moved')).toBe(14)
    expect(await committed(broker, 'gone')).toBe(-1)
    const next = await TransactionalClient.init(broker, 'mover')
    expect(next.producer.producerId).toBe(producerId)
  }
})
