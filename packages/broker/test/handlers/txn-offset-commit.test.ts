/** TxnOffsetCommit against a classic group (KIP-447), and what becomes of pending offsets. */
import { APIS, ConsumerProtocolSubscription, encodeConsumerProtocol, ZERO_UUID } from '@millrace/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RunningBroker } from '../running-broker.ts'
import { errorName } from '../transactions/sample-transaction.ts'
import { committedOffset, TransactionalClient } from '../transactions/transactional-client.ts'

let running: RunningBroker
let producer: TransactionalClient
beforeEach(async () => {
  running = await RunningBroker.start()
  await running.createTopic('t', 1)
  await running.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  producer = await TransactionalClient.init(running, 'x')
})
afterEach(async () => {
  expect(running.bugs).toEqual([])
  await running.stop()
})

async function join(groupInstanceId: string | null = null): Promise<{ memberId: string; generationId: number }> {
  const metadata = encodeConsumerProtocol(ConsumerProtocolSubscription, { topics: ['t'] })
  const ask = (memberId: string) =>
    running.client.send(APIS.JoinGroup, {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 10_000,
      memberId,
      groupInstanceId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata }],
    })
  const { memberId, generationId } = await ask((await ask('')).memberId)
  await running.client.send(APIS.SyncGroup, { groupId: 'g', memberId, generationId, groupInstanceId, assignments: [] })
  return { memberId, generationId }
}

async function deleteGroup(): Promise<string> {
  return errorName((await running.client.send(APIS.DeleteGroups, { groupsNames: ['g'] })).results[0]!.errorCode)
}
async function deleteOffset(): Promise<string> {
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }]
  const answer = await running.client.send(APIS.OffsetDelete, { groupId: 'g', topics })
  return errorName(answer.topics[0]?.partitions[0]?.errorCode ?? answer.errorCode)
}

describe('who may commit to a group with members', () => {
  test.each([
    ['the member', {}, 'NONE'],
    ['nobody in particular, as up to v2', { memberId: '', generationId: -1, groupInstanceId: null }, 'NONE'],
    ['an unknown member', { memberId: 'stranger', groupInstanceId: null }, 'UNKNOWN_MEMBER_ID'],
    ['the member in an earlier generation', { generationId: 0 }, 'ILLEGAL_GENERATION'],
    ['the member in a later generation', { generationId: 2 }, 'ILLEGAL_GENERATION'],
    ['a member that was replaced', { groupInstanceId: 'static', memberId: 'before' }, 'FENCED_INSTANCE_ID'],
    ['an unknown static member', { groupInstanceId: 'other' }, 'UNKNOWN_MEMBER_ID'],
  ])('%s', async (_, change, expected) => {
    const member = { ...(await join('static')), groupInstanceId: 'static', ...change }
    expect(await producer.commitOffset('g', 't', 5, { member })).toBe(expected)
    await producer.endCompletely('commit')
    expect(await committedOffset(running, 'g', 't', true)).toBe(expected === 'NONE' ? 5 : -1)
  })

  test('a group that is not there has no generation', async () => {
    expect(await producer.commitOffset('g', 't', 5, { member: { memberId: 'm', generationId: 1 } })).toBe(
      'ILLEGAL_GENERATION',
    )
  })
})

test.each([
  ['missing', 1, '', 'UNKNOWN_TOPIC_OR_PARTITION'],
  ['t', 1, 'x'.repeat(5_000), 'OFFSET_METADATA_TOO_LARGE'],
  ['t', 1, 'x'.repeat(4_096), 'NONE'],
])('%s-%i with %s', async (name, committedOffset, committedMetadata, expected) => {
  const topics = [{ name, partitions: [{ partitionIndex: 0, committedOffset, committedMetadata }] }]
  const answer = await producer.client.send(APIS.TxnOffsetCommit, { ...producer.producer, groupId: 'g', topics })
  expect(errorName(answer.topics[0]!.partitions[0]!.errorCode)).toBe(expected)
})

test('no group id, no group', async () => {
  expect(await producer.commitOffset('', 't', 5)).toBe('INVALID_GROUP_ID')
})

test('a zombie commits nothing', async () => {
  await producer.commitOffset('g', 't', 5)
  const zombie = producer.copy()
  await TransactionalClient.init(running, 'x')
  expect(await zombie.commitOffset('g', 't', 6)).toBe('INVALID_PRODUCER_EPOCH')
  expect(await committedOffset(running, 'g', 't', true)).toBe(-1)
})

test('of two commits the later one counts, in a transaction or not', async () => {
  const commit = async (offset: number) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }] }]
    await running.client.send(APIS.OffsetCommit, { groupId: 'g', topics }, 9)
  }
  await producer.commitOffset('g', 't', 5)
  await commit(6)
  expect(await committedOffset(running, 'g', 't')).toBe(6)
  expect(await committedOffset(running, 'g', 't', true)).toBe('UNSTABLE_OFFSET_COMMIT')
  await producer.endCompletely('commit')
  expect(await committedOffset(running, 'g', 't', true)).toBe(6)
  await producer.commitOffset('g', 't', 7)
  await producer.endCompletely('commit')
  expect(await committedOffset(running, 'g', 't', true)).toBe(7)
  await running.crash()
  let found = await committedOffset(running, 'g', 't', true)
  while (found === 'COORDINATOR_LOAD_IN_PROGRESS') found = await committedOffset(running, 'g', 't', true)
  expect(found).toBe(7)
})

test('OffsetDelete and DeleteGroups take pending offsets along', async () => {
  await producer.commitOffset('g', 't', 5)
  expect(await deleteOffset()).toBe('NONE')
  await producer.endCompletely('commit')
  expect(await committedOffset(running, 'g', 't', true)).toBe(-1)

  await producer.commitOffset('g', 't', 6)
  expect(await deleteGroup()).toBe('NONE')
  await producer.endCompletely('commit')
  expect(await committedOffset(running, 'g', 't', true)).toBe(-1)
  expect(await deleteGroup()).toBe('GROUP_ID_NOT_FOUND')
})

test('a topic that is deleted takes pending offsets along', async () => {
  await producer.commitOffset('g', 't', 5)
  await running.client.send(APIS.DeleteTopics, { timeoutMs: 10_000, topics: [{ name: 't', topicId: ZERO_UUID }] })
  await running.createTopic('t')
  await producer.endCompletely('commit')
  expect(await committedOffset(running, 'g', 't', true)).toBe(-1)
})

test('a deleted topic does not hold a transaction up', async () => {
  await producer.produce('t', ['v'])
  await running.client.send(APIS.DeleteTopics, { timeoutMs: 10_000, topics: [{ name: 't', topicId: ZERO_UUID }] })
  await producer.endCompletely('commit')
  expect(await producer.end('abort')).toBe('NONE')
})
