import { APIS, ErrorCode } from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fetchRequest, RunningBroker } from '../running-broker.ts'

let running: RunningBroker
beforeAll(async () => {
  running = await RunningBroker.start()
})
afterAll(() => running.stop())

async function deleteBefore(name: string, offset: number, version?: number, partitionIndex = 0) {
  const request = { topics: [{ name, partitions: [{ partitionIndex, offset }] }], timeoutMs: 1_000 }
  const { topics } = await running.client.send(APIS.DeleteRecords, request, version)
  const { errorCode, lowWatermark } = topics[0]!.partitions[0]!
  return { errorCode, lowWatermark }
}

describe('DeleteRecords', () => {
  test.each([0, 1, 2])('v%i takes records away for good', async version => {
    const topic = `deleted-${version}`
    await running.createTopic(topic)
    for (const value of ['a', 'b', 'c']) await running.produce(topic, running.batch([value]))
    expect(await deleteBefore(topic, 2, version)).toEqual({ errorCode: 0, lowWatermark: 2 })
    expect(await running.values(topic, 0, 2)).toEqual(['c'])
    const below = await running.client.send(APIS.Fetch, fetchRequest(topic, { fetchOffset: 1 }), 12)
    expect(below.responses[0]!.partitions[0]!.errorCode).toBe(ErrorCode.OFFSET_OUT_OF_RANGE)
    await running.crash()
    const earliest = { topics: [{ name: topic, partitions: [{ partitionIndex: 0, timestamp: -2 }] }] }
    const { topics } = await running.client.send(APIS.ListOffsets, { replicaId: -1, ...earliest }, 7)
    expect(topics[0]!.partitions[0]).toMatchObject({ offset: 2 })
  })

  const refusals = [
    { what: 'an unknown topic', topic: 'unknown', offset: 0, error: 'UNKNOWN_TOPIC_OR_PARTITION' },
    { what: 'an unknown partition', topic: 'short', offset: 0, partition: 7, error: 'UNKNOWN_TOPIC_OR_PARTITION' },
    { what: 'an offset beyond the high watermark', topic: 'short', offset: 2, error: 'OFFSET_OUT_OF_RANGE' },
    { what: 'a topic that is only compacted', topic: 'compacted', offset: 0, error: 'POLICY_VIOLATION' },
    { what: 'a topic of the broker', topic: '__consumer_offsets', offset: 0, error: 'INVALID_TOPIC_EXCEPTION' },
  ] as const
  test.each(refusals)('refuses $what with $error', async ({ topic, offset, error, ...row }) => {
    if (topic === 'short' && running.broker !== undefined)
      await running.createTopic('short').then(
        () => running.produce('short', running.batch(['a'])),
        () => {},
      )
    if (topic === 'compacted') await running.createTopic('compacted', 1, { 'cleanup.policy': 'compact' })
    if (topic === '__consumer_offsets')
      await running.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['group'] })
    const partition = 'partition' in row ? row.partition : 0
    expect(await deleteBefore(topic, offset, 2, partition)).toEqual({ errorCode: ErrorCode[error], lowWatermark: -1 })
  })

  test('of a topic that is compacted and deleted works', async () => {
    await running.createTopic('both', 1, { 'cleanup.policy': 'compact,delete' })
    await running.produce('both', running.batch(['a', 'b']))
    expect(await deleteBefore('both', -1)).toEqual({ errorCode: 0, lowWatermark: 2 })
  })
})
