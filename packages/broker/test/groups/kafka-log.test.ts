import { readFileSync } from 'node:fs'
import { realPlatform } from '@millrace/platform'
import { batchesOf, decodeCoordinatorRecord, encodeCoordinatorRecord, GROUP_RECORDS } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { emptyGroup } from '../../src/groups/classic/classic-group.ts'
import { type ConsumerGroup, stateOf } from '../../src/groups/consumer/consumer-group.ts'
import { consumerGroupRecords } from '../../src/groups/consumer/consumer-group-records.ts'
import { isConsumerGroupRecord } from '../../src/groups/consumer/consumer-group-replay.ts'
import { currentMetadataHash } from '../../src/groups/consumer/subscriptions.ts'
import type { Group } from '../../src/groups/group.ts'
import { groupIdOf, replayGroup } from '../../src/groups/group-replay.ts'
import { TestTopics } from './consumer/consumer-group-driver.ts'

const TOPIC_ID = 'KQnBFMHARh6-hLM5r7aAcg'
const EVERYTHING = { topicId: TOPIC_ID, partitions: [0, 1, 2, 3] }

/**
 * What Apache Kafka 4.3.1 wrote into its `__consumer_offsets` for: a consumer of the new protocol that came and went (gone), one
 * with a pattern and an instance id (patterns), a classic one that came and went (classic), and a classic group that a
 * consumer of the new protocol has joined (mixed). It was killed while the last two and the pattern were at work.
 */
function storedRecords() {
  const log = readFileSync(new URL('kafka-4.3.1-consumer-offsets.log', import.meta.url))
  const { codecs } = realPlatform()
  return [...batchesOf(log)].flatMap(batch =>
    Array.from(batch.records(codecs), ({ key, value }) => ({
      key: key!,
      value,
      record: decodeCoordinatorRecord(GROUP_RECORDS, key!, value)!,
    })),
  )
}

describe("Apache Kafka's own log", () => {
  const stored = storedRecords()
  const groups = new Map<string, Group>()
  for (const { record } of stored) {
    if (record.kind === 'OffsetCommit') continue
    const groupId = groupIdOf(record)
    groups.set(groupId, replayGroup(groups.get(groupId) ?? emptyGroup(groupId, 0), record, 0))
  }
  const consumerGroup = (groupId: string) => groups.get(groupId) as ConsumerGroup

  test('has the groups that it had', () => {
    expect([...groups].map(([groupId, { type }]) => [groupId, type])).toEqual([
      ['gone', 'consumer'],
      ['classic', 'classic'],
      ['mixed', 'consumer'],
      ['patterns', 'consumer'],
    ])
    expect(groups.get('classic')).toMatchObject({ state: 'Empty', generationId: 2, protocolType: 'consumer' })
    expect(consumerGroup('gone').groupEpoch).toBe(3)
    expect(stateOf(consumerGroup('gone'))).toBe('Empty')
  })

  test('has members with patterns and instance ids', () => {
    const group = consumerGroup('patterns')
    expect(stateOf(group)).toBe('Stable')
    const [member] = group.members.values()
    expect(member).toMatchObject({ groupInstanceId: 'one', pattern: 'ord.*', memberEpoch: 2, previousMemberEpoch: 1 })
    expect([...group.staticMembers]).toEqual([['one', member!.memberId]])
    expect([...group.patterns.get('ord.*')!.topics]).toEqual(['orders'])
    expect([...member!.assigned.get(TOPIC_ID)!]).toEqual([0, 1, 2, 3].map(partition => [partition, 2]))
  })

  test('has members of both protocols in one group', () => {
    const group = consumerGroup('mixed')
    expect(group).toMatchObject({ groupEpoch: 2, targetEpoch: 2 })
    expect(stateOf(group)).toBe('Stable')
    const classic = [...group.members.values()].map(({ classic, serverAssignor }) => [
      classic?.protocols.map(({ name }) => name) ?? null,
      serverAssignor,
    ])
    expect(classic).toEqual([
      [['cooperative-sticky'], null],
      [null, 'range'],
    ])
  })

  test('has the metadata hashes that we compute', () => {
    const orders = { name: 'orders', id: TOPIC_ID, partitionCount: EVERYTHING.partitions.length }
    const catalogue = { ...new TestTopics(), topics: new Map([['orders', orders]]), topicById: () => orders }
    for (const groupId of ['mixed', 'patterns', 'gone'])
      expect(currentMetadataHash(consumerGroup(groupId), catalogue)).toBe(consumerGroup(groupId).metadataHash)
  })

  test('is written again byte for byte', () => {
    for (const { key, value, record } of stored)
      expect(encodeCoordinatorRecord(GROUP_RECORDS, record)).toEqual({ key, value })
  })

  test('of a group comes back from the records that we would write for it', () => {
    for (const groupId of ['mixed', 'patterns']) {
      const group = consumerGroup(groupId)
      let again: Group = emptyGroup(groupId, 0)
      for (const record of consumerGroupRecords(group).filter(isConsumerGroupRecord))
        again = replayGroup(again, record, 0)
      expect(again).toEqual(group)
    }
  })
})
