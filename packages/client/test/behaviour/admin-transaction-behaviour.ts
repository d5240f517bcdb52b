import { describe, expect, test } from 'vitest'
import { type ClusterUnderTest, TestClients } from './cluster-under-test.ts'

/** What an administrator learns of producers and transactions, and how he ends them. */
export function adminTransactionBehaviour(cluster: () => ClusterUnderTest): void {
  const clients = new TestClients('transactions', cluster)

  const openTransaction = async () => {
    const transactionalId = clients.name('writer')
    const topic = await clients.topic()
    const producer = clients.producer({ transactionalId, transactionTimeoutMs: 50_000 })
    await producer.initTransactions()
    producer.beginTransaction()
    await producer.send({ topic, value: 'open' })
    return { transactionalId, topic, producer, at: { topic, partition: 0 } }
  }

  describe('admin of transactions', () => {
    test('producers that a partition knows are described', async () => {
      const { topic, producer, at } = await openTransaction()
      const admin = clients.admin()
      const known = async () => (await admin.describeProducers([at])).get(topic, 0)!
      expect(await known()).toMatchObject([{ lastSequence: 0, currentTransactionStartOffset: 0 }])
      await producer.commitTransaction()
      await expect.poll(known).toMatchObject([{ currentTransactionStartOffset: null }])
      const missing = admin.describeProducers([{ topic, partition: 7 }])
      await expect(missing).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    })
    test('transactions are listed and described', async () => {
      const { transactionalId, at, producer } = await openTransaction()
      const admin = clients.admin()
      const described = (await admin.describeTransactions([transactionalId])).get(transactionalId)!
      expect(described).toMatchObject({ transactionalId, state: 'Ongoing', timeoutMs: 50_000, partitions: [at] })
      expect(described.startTimeMs).toBeGreaterThan(0)
      const { producerId } = described
      const listed = { transactionalId, producerId, state: 'Ongoing' }
      expect(await admin.listTransactions({ states: ['Ongoing'] })).toContainEqual(listed)
      expect(await admin.listTransactions({ producerIds: [producerId] })).toEqual([listed])
      expect(await admin.listTransactions({ states: ['CompleteAbort'], producerIds: [producerId] })).toEqual([])
      await producer.abortTransaction()
      const state = async () => (await admin.describeTransactions([transactionalId])).get(transactionalId)!.state
      await expect.poll(state).toBe('CompleteAbort')
      const unknown = admin.describeTransactions([transactionalId, 'nobody'])
      await expect(unknown).rejects.toMatchObject({ code: 'TRANSACTIONAL_ID_NOT_FOUND' })
    })
    test('a producer is fenced and what it has open is aborted', async () => {
      const { transactionalId, topic, producer, at } = await openTransaction()
      const admin = clients.admin()
      const before = (await admin.describeTransactions([transactionalId])).get(transactionalId)!
      const fenced = (await admin.fenceProducers([transactionalId])).get(transactionalId)!
      expect(fenced.producerId).toBe(before.producerId)
      expect(fenced.producerEpoch).toBeGreaterThan(before.producerEpoch)
      await expect(producer.commitTransaction()).rejects.toMatchObject({ code: expect.stringMatching(/FENCED|EPOCH/) })
      const end = async () =>
        (await admin.listOffsets([{ ...at, at: 'latest' }], { isolationLevel: 'read_committed' })).get(topic, 0)?.offset
      // The record and the marker that says it is aborted.
      await expect.poll(end).toBe(2)
    })
    test('a transaction is terminated by its id', async () => {
      const { transactionalId } = await openTransaction()
      const admin = clients.admin()
      await admin.forceTerminateTransaction(transactionalId)
      const described = async () => (await admin.describeTransactions([transactionalId])).get(transactionalId)!
      await expect.poll(async () => (await described()).state).not.toBe('Ongoing')
    })
    test('a transaction is aborted in one partition', async () => {
      const { topic, at } = await openTransaction()
      const admin = clients.admin()
      const [open] = (await admin.describeProducers([at])).get(topic, 0)!
      const { producerId, producerEpoch, coordinatorEpoch } = open!
      await admin.abortTransaction({ ...at, producerId, producerEpoch, coordinatorEpoch: coordinatorEpoch ?? 0 })
      const [closed] = (await admin.describeProducers([at])).get(topic, 0)!
      expect(closed!.currentTransactionStartOffset).toBeNull()
    })
  })
}
