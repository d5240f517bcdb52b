import type { KafkaError } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { type ClusterUnderTest, readValues, TestClients } from './cluster-under-test.ts'

/** `hasConsumerProtocol`: the cluster knows the groups of KIP-848. */
export function adminBehaviour(cluster: () => ClusterUnderTest, hasConsumerProtocol: boolean): void {
  const clients = new TestClients('admin', cluster)

  describe('admin', () => {
    test('topics are created, listed, described, enlarged and deleted', async () => {
      const admin = clients.admin()
      const name = clients.name('topic')
      const created = await admin.createTopics([{ name, partitions: 2, configs: { 'retention.ms': 5_000 } }])
      expect(created.get(name)).toMatchObject({ name, partitionCount: 2, replicationFactor: 1 })
      await clients.known(name)
      const listed = (await admin.listTopics()).find(topic => topic.name === name)
      expect(listed).toEqual({ name, topicId: created.get(name)!.topicId, isInternal: false })
      const partitions = async () => (await admin.describeTopics([name])).get(name)!.partitions
      await admin.createPartitions([{ topic: name, totalCount: 4 }])
      await expect.poll(partitions).toMatchObject([0, 1, 2, 3].map(partition => ({ partition })))
      await admin.deleteTopics([name])
      await expect.poll(() => partitions().catch((error: KafkaError) => error.code)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
    })
    test('topics are described and deleted by id', async () => {
      const admin = clients.admin()
      const name = clients.name('topic')
      const topicId = (await admin.createTopics([{ name, partitions: 2 }])).get(name)!.topicId!
      await clients.known(name)
      const described = async () => (await admin.describeTopics({ topicIds: [topicId] })).get(topicId)!
      expect(await described()).toMatchObject({ name, topicId, partitions: [{}, {}] })
      await admin.deleteTopics({ topicIds: [topicId] })
      await expect.poll(() => described().catch((error: KafkaError) => error.code)).toBe('UNKNOWN_TOPIC_ID')
      await expect(admin.deleteTopics({ topicIds: [topicId] })).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_ID' })
    })
    test('what fails is named, what does not fail is done', async () => {
      const admin = clients.admin()
      const [old, fresh] = [await clients.topic(), clients.name('topic')]
      const creating = admin.createTopics([{ name: old }, { name: fresh }, { name: 'not/valid' }])
      const error = await creating.then(() => null).catch(error => error)
      expect(error).toMatchObject({ code: 'TOPIC_ALREADY_EXISTS', operation: 'creating topics' })
      expect([...error.failures].map(([name, { code }]) => [name, code])).toEqual([
        [old, 'TOPIC_ALREADY_EXISTS'],
        ['not/valid', 'INVALID_TOPIC_EXCEPTION'],
      ])
      await clients.known(fresh)
    })
    test('validateOnly changes nothing', async () => {
      const admin = clients.admin()
      const name = clients.name('topic')
      await admin.createTopics([{ name }], { validateOnly: true })
      expect((await admin.listTopics()).map(topic => topic.name)).not.toContain(name)
    })
    test('configs are described and altered one by one', async () => {
      const admin = clients.admin()
      const name = await clients.topic(1, { 'cleanup.policy': 'compact' })
      await clients.known(name)
      const resource = { type: 'topic', name } as const
      await admin.incrementalAlterConfigs([
        { ...resource, changes: [{ name: 'retention.ms', operation: 'set', value: '1000' }] },
      ])
      const configs = async () => {
        const settings = ['retention.ms', 'cleanup.policy', 'segment.bytes']
        const [description] = await admin.describeConfigs([{ ...resource, settings }])
        return [...description!.configs.values()].map(({ name, value, isDefault }) => [name, value, isDefault]).sort()
      }
      await expect.poll(configs).toEqual([
        ['cleanup.policy', 'compact', false],
        ['retention.ms', '1000', false],
        ['segment.bytes', '1073741824', true],
      ])
      await admin.incrementalAlterConfigs([{ ...resource, changes: [{ name: 'retention.ms', operation: 'delete' }] }])
      await expect.poll(async () => (await configs())[1]).toEqual(['retention.ms', '604800000', true])
      const wrong = [{ ...resource, changes: [{ name: 'no.such', operation: 'set', value: '1' } as const] }]
      await expect(admin.incrementalAlterConfigs(wrong)).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    })
    test('configs are replaced all at once', async () => {
      const admin = clients.admin()
      const name = await clients.topic(1, { 'cleanup.policy': 'compact' })
      await clients.known(name)
      const resource = { type: 'topic', name } as const
      await admin.alterConfigs([{ ...resource, configs: { 'retention.ms': 1_000 } }])
      const settings = ['retention.ms', 'cleanup.policy']
      const values = async () => {
        const [description] = await admin.describeConfigs([{ ...resource, settings }])
        return settings.map(setting => description!.configs.get(setting)!.value)
      }
      await expect.poll(values).toEqual(['1000', 'delete'])
      const wrong = admin.alterConfigs([{ ...resource, configs: { 'retention.ms': 'x' } }], { validateOnly: true })
      await expect(wrong).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
    })
    test.runIf(hasConsumerProtocol)('what has configs is listed', async () => {
      const admin = clients.admin()
      const name = await clients.topic()
      await clients.known(name)
      expect(await admin.listConfigResources()).toContainEqual({ type: 'topic', name })
      const types = (await admin.listConfigResources({ types: ['broker'] })).map(({ type }) => type)
      expect(types).toEqual(['broker'])
    })
    test('offsets are found by place and time', async () => {
      const topic = await clients.topic()
      const records = [5, 9, 7].map(timestampMs => ({ value: 'v', timestampMs }))
      await clients.producer().sendBatch(topic, records)
      const admin = clients.admin()
      const at = async (spec: 'earliest' | 'latest' | 'maxTimestamp' | number) =>
        (await admin.listOffsets([{ topic, partition: 0, at: spec }])).get(topic, 0)?.offset
      expect([await at('earliest'), await at('latest'), await at('maxTimestamp'), await at(6), await at(100)]).toEqual([
        0,
        3,
        1,
        1,
        null,
      ])
    })
    test('groups are listed, described, moved and deleted', async () => {
      const topic = await clients.topic(2)
      await clients.producer().send({ topic, value: 'v', partition: 0 })
      const groupId = clients.name('group')
      const admin = clients.admin()
      const consumer = clients.consumer({ groupId, clientId: 'reader' })
      consumer.subscribe([topic])
      await readValues(consumer, 1)
      const described = (await admin.describeConsumerGroups([groupId])).get(groupId)
      expect(described).toMatchObject({ state: 'Stable', protocolType: 'consumer', assignor: 'range' })
      expect(described?.members).toMatchObject([
        { clientId: 'reader', assignment: [0, 1].map(partition => ({ topic, partition })) },
      ])
      await expect(admin.deleteConsumerGroups([groupId])).rejects.toMatchObject({ code: 'NON_EMPTY_GROUP' })
      await consumer.close()
      await admin.alterConsumerGroupOffsets(groupId, [{ topic, partition: 1, offset: 0, metadata: 'moved' }])
      const offsets = await admin.listConsumerGroupOffsets(groupId)
      expect([offsets.get(topic, 0)?.offset, offsets.get(topic, 1)]).toEqual([
        1,
        { offset: 0, leaderEpoch: -1, metadata: 'moved' },
      ])
      expect(await admin.listGroups()).toContainEqual(expect.objectContaining({ groupId, state: 'Empty' }))
      await admin.deleteConsumerGroups([groupId])
      expect((await admin.describeConsumerGroups([groupId])).get(groupId)?.state).toBe('Dead')
    })
    test('offsets of a group are deleted, but not while a member reads the topic', async () => {
      const [read, left] = [await clients.topic(), await clients.topic()]
      await clients.producer().send({ topic: read, value: 'v' })
      const groupId = clients.name('group')
      const admin = clients.admin()
      const at = (topic: string) => ({ topic, partition: 0 })
      await admin.alterConsumerGroupOffsets(groupId, [{ ...at(left), offset: 0 }])
      const consumer = clients.consumer({ groupId, groupInstanceId: 'steady' })
      consumer.subscribe([read])
      await readValues(consumer, 1)
      await consumer.commit()
      const error = await admin.deleteConsumerGroupOffsets(groupId, [at(read), at(left)]).catch(error => error)
      expect([...error.failures].map(([name, { code }]) => [name, code])).toEqual([
        [`${read}-0`, 'GROUP_SUBSCRIBED_TO_TOPIC'],
      ])
      const offsets = await admin.listConsumerGroupOffsets(groupId)
      expect([offsets.has(read, 0), offsets.has(left, 0)]).toEqual([true, false])
      await admin.removeMembersFromConsumerGroup(groupId, 'all')
      const members = async () => (await admin.describeConsumerGroups([groupId])).get(groupId)!.members
      await expect.poll(members).toEqual([])
      await admin.deleteConsumerGroupOffsets(groupId, [at(read)])
    })
    test.runIf(hasConsumerProtocol)('groups of both protocols are described', async () => {
      const topic = await clients.topic(2)
      await clients.producer().send({ topic, value: 'v', partition: 0 })
      const admin = clients.admin()
      for (const groupProtocol of ['classic', 'consumer'] as const) {
        const groupId = clients.name('group')
        const consumer = clients.consumer({ groupId, groupProtocol })
        consumer.subscribe([topic])
        await readValues(consumer, 1)
        const described = (await admin.describeConsumerGroups([groupId])).get(groupId)!
        expect(described).toMatchObject({ type: groupProtocol, protocolType: 'consumer' })
        expect(described.members).toMatchObject([{ assignment: [0, 1].map(partition => ({ topic, partition })) }])
        await consumer.close()
      }
      expect((await admin.describeConsumerGroups(['missing'])).get('missing')!.state).toBe('Dead')
      expect((await admin.describeClassicGroups(['missing'])).get('missing')!.state).toBe('Dead')
    })
    test('the cluster is described', async () => {
      const { clusterId, nodes } = await clients.admin().describeCluster()
      expect(clusterId).toMatch(/^[\w-]{22}$/)
      expect(nodes).toHaveLength(1)
    })
    test('calls after close fail', async () => {
      const admin = clients.admin()
      await admin.close()
      await expect(admin.listTopics()).rejects.toMatchObject({ code: 'CLOSED' })
    })
  })
}
