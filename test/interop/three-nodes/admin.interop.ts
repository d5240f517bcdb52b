/** What only a cluster of several nodes has: replicas that move, leaders that change, a quorum. Needs three nodes of Apache Kafka. */
import { spawnSync } from 'node:child_process'
import { Admin, Producer, type TopicDescription } from '@millrace/client'
import { afterAll, describe, expect, test } from 'vitest'

function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined) throw new Error(`${name} is not set: use npm run interop:kafka -- --nodes 3`)
  return value
}
const bootstrapServers = variable('MILLRACE_KAFKA_SERVERS')
const runKafka = variable('MILLRACE_RUN_KAFKA')

const POLL = { timeout: 30_000, interval: 200 }
const admin = new Admin({ bootstrapServers })
afterAll(() => admin.close())
const run = Date.now().toString(36)
let topics = 0

/** A topic with a replica on each of these brokers, and some records in it. */
async function topicOn(...replicas: number[]): Promise<string> {
  const name = `replicated-${run}-${topics++}`
  await admin.createTopics([{ name, replicaAssignments: [replicas], configs: { 'min.insync.replicas': 1 } }])
  await using producer = new Producer({ bootstrapServers })
  await producer.sendBatch(
    name,
    Array.from({ length: 100 }, () => ({ value: 'x'.repeat(1_000) })),
  )
  return name
}
const partitionOf = async (topic: string): Promise<TopicDescription['partitions'][number]> =>
  (await admin.describeTopics([topic])).get(topic)!.partitions[0]!

describe('the cluster', () => {
  test('has three brokers and three voters', async () => {
    const { nodes } = await admin.describeCluster()
    expect(nodes.map(({ nodeId }) => nodeId).sort()).toEqual([1, 2, 3])
    const { leaderId, leaderEpoch, voters, observers } = await admin.describeMetadataQuorum()
    expect(voters.map(({ replicaId }) => replicaId).sort()).toEqual([1, 2, 3])
    expect([1, 2, 3]).toContain(leaderId)
    expect(leaderEpoch).toBeGreaterThan(0)
    expect(observers).toEqual([])
    const follower = voters.find(({ replicaId }) => replicaId !== leaderId)!
    expect(follower.lastFetchTimestampMs).toBeGreaterThan(0)
  })
  test('has log directories on each broker', async () => {
    const topic = await topicOn(1, 2, 3)
    const replicas = [1, 2, 3].map(brokerId => ({ topic, partition: 0, brokerId }))
    const paths = async () => (await admin.describeReplicaLogDirs(replicas)).map(({ currentPath }) => currentPath)
    await expect.poll(paths, POLL).toEqual([1, 2, 3].map(brokerId => expect.stringContaining(`data-${brokerId}`)))
    expect([...(await admin.describeLogDirs([1, 2, 3])).keys()]).toEqual([1, 2, 3])
  })
})

describe('partitions', () => {
  test('move to another broker', async () => {
    const topic = await topicOn(1)
    await admin.alterPartitionReassignments([{ topic, partition: 0, replicas: [2] }])
    await expect.poll(() => partitionOf(topic), POLL).toMatchObject({ leaderId: 2, replicaIds: [2] })
    expect((await admin.listPartitionReassignments()).has(topic, 0)).toBe(false)
  })
  test('that move slowly are listed and can stay', async () => {
    const topic = await topicOn(1)
    const rates = ['leader', 'follower'].map(side => `${side}.replication.throttled.rate`)
    const set = (name: string, value: string) => ({ name, operation: 'set', value }) as const
    const brokers = ['1', '2'].map(name => ({
      type: 'broker' as const,
      name,
      changes: rates.map(rate => set(rate, '1')),
    }))
    const replicas = ['leader', 'follower'].map(side => set(`${side}.replication.throttled.replicas`, '*'))
    await admin.incrementalAlterConfigs([...brokers, { type: 'topic', name: topic, changes: replicas }])
    await admin.alterPartitionReassignments([{ topic, partition: 0, replicas: [2] }])
    const moving = async () =>
      (await admin.listPartitionReassignments({ partitions: [{ topic, partition: 0 }] })).get(topic, 0)
    await expect.poll(moving, POLL).toMatchObject({ addingReplicas: [2], removingReplicas: [1] })
    await admin.alterPartitionReassignments([{ topic, partition: 0, replicas: null }])
    await expect.poll(moving, POLL).toBeUndefined()
    expect((await partitionOf(topic)).replicaIds).toEqual([1])
    const reset = brokers.map(broker => ({
      ...broker,
      changes: rates.map(name => ({ name, operation: 'delete' }) as const),
    }))
    await admin.incrementalAlterConfigs(reset)
  })
  test('keep their number of replicas if they must', async () => {
    const topic = await topicOn(1)
    const more = [{ topic, partition: 0, replicas: [1, 2] }]
    const strict = admin.alterPartitionReassignments(more, { allowReplicationFactorChange: false })
    await expect(strict).rejects.toMatchObject({ code: 'INVALID_REPLICATION_FACTOR' })
    await admin.alterPartitionReassignments(more)
    await expect.poll(() => partitionOf(topic), POLL).toMatchObject({ inSyncReplicaIds: [1, 2] })
  })
  test('are led by their preferred replica after an election', async () => {
    const topic = await topicOn(1, 2, 3)
    await admin.alterPartitionReassignments([{ topic, partition: 0, replicas: [2, 1, 3] }])
    await expect.poll(() => partitionOf(topic), POLL).toMatchObject({ leaderId: 1, replicaIds: [2, 1, 3] })
    const partitions = [{ topic, partition: 0 }]
    expect((await admin.electLeaders('preferred', { partitions })).get(topic, 0)).toBeNull()
    await expect.poll(() => partitionOf(topic), POLL).toMatchObject({ leaderId: 2 })
    const again = (await admin.electLeaders('preferred', { partitions })).get(topic, 0)
    expect(again?.code).toBe('ELECTION_NOT_NEEDED')
  })
})

test('a broker that is gone is forgotten', async () => {
  const { status } = spawnSync(runKafka, ['stop-node', '3'], { stdio: 'inherit' })
  expect(status).toBe(0)
  const idsOf = async () => (await admin.describeCluster()).nodes.map(({ nodeId }) => nodeId).sort()
  await expect.poll(idsOf, POLL).toEqual([1, 2])
  await admin.unregisterBroker(3)
  await expect(admin.unregisterBroker(3)).rejects.toMatchObject({ code: 'BROKER_ID_NOT_REGISTERED' })
})
