import { KafkaError } from '@millrace/protocol'
import { describe, expect, test } from 'vitest'
import { type ClusterUnderTest, TestClients } from './cluster-under-test.ts'

/** What an administrator learns of a cluster and changes in it, besides topics and groups. On a single node. */
export function adminClusterBehaviour(cluster: () => ClusterUnderTest): void {
  const clients = new TestClients('cluster', cluster)

  describe('admin of a cluster', () => {
    test('brokers, and what may be done with them', async () => {
      const { clusterId, nodes, authorizedOperations } = await clients.admin().describeCluster({
        includeAuthorizedOperations: true,
      })
      expect(clusterId).toMatch(/^[\w-]{22}$/)
      expect(nodes).toHaveLength(1)
      expect(authorizedOperations).toEqual(expect.arrayContaining(['ALTER', 'DESCRIBE_CONFIGS', 'CREATE']))
    })
    test('topics, and what may be done with them', async () => {
      const admin = clients.admin()
      const name = await clients.topic(5)
      await clients.known(name)
      const topic = (await admin.describeTopics([name], { includeAuthorizedOperations: true })).get(name)!
      expect(topic.authorizedOperations).toEqual(expect.arrayContaining(['READ', 'WRITE', 'DELETE']))
      expect(topic.partitions.map(({ partition }) => partition)).toEqual([0, 1, 2, 3, 4])
      expect((await admin.describeTopics([name])).get(name)!.authorizedOperations).toBeNull()
      const failing = admin.describeTopics([name, 'missing'])
      await expect(failing).rejects.toMatchObject({
        code: 'UNKNOWN_TOPIC_OR_PARTITION',
        results: new Map([[name, {}]]),
      })
    })
    test('settings of brokers, one by one and all at once', async () => {
      const admin = clients.admin()
      const everywhere = { type: 'broker', name: '' } as const
      const setting = { name: 'log.cleaner.delete.retention.ms', operation: 'set', value: '1234567' } as const
      const shared = async () => {
        const [described] = await admin.describeConfigs([everywhere])
        const { value, source } = described!.configs.get(setting.name) ?? {}
        return [value, source]
      }
      await admin.incrementalAlterConfigs([{ ...everywhere, changes: [setting] }])
      await expect.poll(shared).toEqual(['1234567', 'DYNAMIC_DEFAULT_BROKER_CONFIG'])
      await admin.incrementalAlterConfigs([{ ...everywhere, changes: [{ name: setting.name, operation: 'delete' }] }])
      await expect.poll(shared).toEqual([undefined, undefined])
      const [node] = (await admin.describeCluster()).nodes
      const fixed = { type: 'broker', name: String(node!.nodeId) } as const
      const wrong = [{ ...fixed, changes: [{ name: 'node.id', operation: 'set', value: '7' } as const] }]
      await expect(admin.incrementalAlterConfigs(wrong)).rejects.toMatchObject({ code: 'INVALID_REQUEST' })
    })
    test('log directories and the replicas in them', async () => {
      const admin = clients.admin()
      const topic = await clients.topic(2)
      await clients.producer().send({ topic, value: 'some bytes', partition: 1 })
      const [node] = (await admin.describeCluster()).nodes
      const brokerId = node!.nodeId
      const directories = (await admin.describeLogDirs([brokerId])).get(brokerId)!
      const holding = [...directories].filter(([, { replicas }]) => replicas.has(topic, 1))
      expect(holding).toHaveLength(1)
      const [path, { error, replicas, totalBytes, usableBytes }] = holding[0]!
      expect(error).toBeNull()
      expect(replicas.get(topic, 1)).toMatchObject({ offsetLag: 0, isFuture: false })
      expect(replicas.get(topic, 1)!.sizeBytes).toBeGreaterThan(60)
      expect(totalBytes).toBeGreaterThan(usableBytes!)

      const failed = await admin.describeLogDirs([brokerId, 4711]).catch(error => error)
      expect([...failed.failures].map(([id, { code }]) => [id, code])).toEqual([['4711', 'BROKER_NOT_AVAILABLE']])
      expect([...failed.results.keys()]).toEqual([String(brokerId)])

      const replica = { topic, partition: 1, brokerId }
      const place = { ...replica, currentPath: path, currentOffsetLag: 0, futurePath: null, futureOffsetLag: -1 }
      const absent = { topic, partition: 7, brokerId, currentPath: null, futurePath: null }
      const asked = [replica, { ...replica, partition: 7 }]
      expect(await admin.describeReplicaLogDirs(asked)).toMatchObject([place, absent])
      await admin.alterReplicaLogDirs([{ ...replica, path }])
      const nowhere = admin.alterReplicaLogDirs([{ ...replica, path: '/nowhere' }])
      await expect(nowhere).rejects.toMatchObject({ code: 'LOG_DIR_NOT_FOUND' })
    })
    test('reassignments: there are none, and nowhere to go', async () => {
      const admin = clients.admin()
      const topic = await clients.topic(2)
      const [node] = (await admin.describeCluster()).nodes
      await admin.alterPartitionReassignments([{ topic, partition: 0, replicas: [node!.nodeId] }])
      expect((await admin.listPartitionReassignments()).size).toBe(0)
      expect((await admin.listPartitionReassignments({ partitions: [{ topic, partition: 0 }] })).size).toBe(0)
      const failing = admin.alterPartitionReassignments([
        { topic, partition: 0, replicas: [4711] },
        { topic, partition: 1, replicas: null },
      ])
      const { failures } = await failing.catch(error => error)
      expect([...failures].map(([name, error]) => [name, error.code])).toEqual([
        [`${topic}-0`, 'INVALID_REPLICA_ASSIGNMENT'],
        [`${topic}-1`, 'NO_REASSIGNMENT_IN_PROGRESS'],
      ])
    })
    test('elections: there is no need for one', async () => {
      const admin = clients.admin()
      const topic = await clients.topic()
      const partitions = [0, 7].map(partition => ({ topic, partition }))
      const outcomes = await admin.electLeaders('preferred', { partitions })
      expect(outcomes.get(topic, 0)).toBeInstanceOf(KafkaError)
      expect(outcomes.get(topic, 0)!.code).toBe('ELECTION_NOT_NEEDED')
      expect(outcomes.get(topic, 7)!.code).toBe('UNKNOWN_TOPIC_OR_PARTITION')
      expect((await admin.electLeaders('unclean')).size).toBe(0)
    })
    test('features', async () => {
      const admin = clients.admin()
      const { finalizedFeatures, supportedFeatures, finalizedFeaturesEpoch } = await admin.describeFeatures()
      const inUse = finalizedFeatures.get('metadata.version')!
      expect(inUse.max).toBeLessThanOrEqual(supportedFeatures.get('metadata.version')!.max)
      expect(finalizedFeaturesEpoch).toBeGreaterThanOrEqual(0)
      const same = [{ feature: 'metadata.version', maxVersionLevel: inUse.max }]
      await admin.updateFeatures(same, { validateOnly: true })
      const unknown = admin.updateFeatures([{ feature: 'no.such', maxVersionLevel: 1 }])
      await expect(unknown).rejects.toMatchObject({ code: 'INVALID_UPDATE_VERSION' })
    })
    test('the quorum', async () => {
      const admin = clients.admin()
      const { leaderId, highWatermark, voters } = await admin.describeMetadataQuorum()
      expect(voters.map(({ replicaId }) => replicaId)).toEqual([leaderId])
      expect(highWatermark).toBeGreaterThan(0)
      await expect(admin.unregisterBroker(4711)).rejects.toMatchObject({ code: 'BROKER_ID_NOT_REGISTERED' })
    })
    test('calls end when their time is over or their signal says so', async () => {
      const admin = clients.admin()
      const reason = new Error('enough')
      await expect(admin.describeMetadataQuorum({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    })
  })
}
