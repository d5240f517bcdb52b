import { APIS } from '@millrace/protocol'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { SimulatedBroker } from '../simulated-broker.ts'
import { errorName } from './sample-transaction.ts'
import { committedOffset, fetchAll, readCommitted, TransactionalClient } from './transactional-client.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

let simulated: SimulatedBroker
beforeEach(async () => {
  simulated = await SimulatedBroker.start('transactions', {
    'transactional.id.expiration.ms': HOUR_MS,
    'transaction.remove.expired.transaction.cleanup.interval.ms': 10 * MINUTE_MS,
    'offsets.retention.minutes': 30,
    'transaction.max.timeout.ms': HOUR_MS,
  })
  await simulated.run(() => simulated.createTopic('t', 1))
})
afterEach(() => expect(simulated.bugs).toEqual([]))

async function describeTransaction(transactionalId: string): Promise<string> {
  const { transactionStates } = await simulated.client.send(APIS.DescribeTransactions, {
    transactionalIds: [transactionalId],
  })
  const { errorCode, transactionState, producerEpoch } = transactionStates[0]!
  return errorCode === 0 ? `${transactionState} ${producerEpoch}` : errorName(errorCode)
}
async function lastStableOffset(): Promise<number> {
  return (await fetchAll(simulated, 't', 0, 0)).lastStableOffset
}

test('a transaction that takes too long is aborted, and its producer is fenced', async () => {
  const producer = await simulated.run(async () => {
    const abandoned = await TransactionalClient.init(simulated, 'x', 30 * SECOND_MS)
    expect(await abandoned.produce('t', ['lost'])).toBe('NONE')
    return abandoned
  })
  await simulated.simulation.runFor(29 * SECOND_MS)
  await simulated.run(async () => {
    expect(await describeTransaction('x')).toBe('Ongoing 0')
    expect(await lastStableOffset()).toBe(0)
  })
  // The next look at it may take 10 s.
  await simulated.simulation.runFor(12 * SECOND_MS)
  await simulated.run(async () => {
    expect(await describeTransaction('x')).toBe('CompleteAbort 1')
    expect(await lastStableOffset()).toBe(2)
    expect(await producer.produce('t', ['late'])).toBe('INVALID_PRODUCER_EPOCH')
    expect(await producer.addPartitions('t')).toBe('PRODUCER_FENCED')
    expect(await producer.end('commit', 4)).toBe('PRODUCER_FENCED')
    expect(await producer.end('commit')).toBe('INVALID_TXN_STATE')
    expect(await readCommitted(simulated, 't')).toEqual([])
  })
})

test('a wall clock that jumps ends no transaction', async () => {
  await simulated.run(async () => {
    const producer = await TransactionalClient.init(simulated, 'x', 30 * SECOND_MS)
    await producer.produce('t', ['kept'])
    simulated.node.clockSkewMs = HOUR_MS
    await simulated.platform.timers.sleep(20 * SECOND_MS)
    simulated.node.clockSkewMs = -HOUR_MS
    expect(await describeTransaction('x')).toBe('Ongoing 0')
    await producer.endCompletely('commit')
    expect(await readCommitted(simulated, 't')).toEqual(['kept'])
  })
})

test('the time a transaction has taken counts across a restart', async () => {
  await simulated.run(async () => {
    const producer = await TransactionalClient.init(simulated, 'x', MINUTE_MS)
    await producer.produce('t', ['lost'])
    await simulated.platform.timers.sleep(50 * SECOND_MS)
  })
  await simulated.crash('kill')
  await simulated.simulation.runFor(22 * SECOND_MS)
  await simulated.run(async () => expect(await describeTransaction('x')).toBe('CompleteAbort 1'))
})

test('a transactional id that is not used is forgotten, one with an open transaction is not', async () => {
  const first = await simulated.run(async () => {
    const producer = await TransactionalClient.init(simulated, 'unused')
    await producer.produce('t', ['v'])
    await producer.endCompletely('commit')
    return producer
  })
  await simulated.simulation.runFor(HOUR_MS - MINUTE_MS)
  await simulated.run(async () => {
    await TransactionalClient.init(simulated, 'used')
    expect(await describeTransaction('unused')).toBe('CompleteCommit 1')
  })
  await simulated.simulation.runFor(HOUR_MS - 2 * MINUTE_MS)
  await simulated.run(async () => {
    expect(await describeTransaction('unused')).toBe('TRANSACTIONAL_ID_NOT_FOUND')
    expect(await describeTransaction('used')).toBe('Empty 0')
    expect(await first.produce('t', ['w'])).toBe('INVALID_PRODUCER_ID_MAPPING')
  })
  await simulated.crash('power')
  await simulated.run(async () => {
    const again = await TransactionalClient.init(simulated, 'unused')
    expect(await describeTransaction('used')).toBe('Empty 0')
    expect(again.producer.producerId).not.toBe(first.producer.producerId)
  })
})

test('offsets of an open transaction outlive their retention', async () => {
  await simulated.run(async () => {
    await simulated.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    const producer = await TransactionalClient.init(simulated, 'x', HOUR_MS)
    expect(await producer.commitOffset('g', 't', 4)).toBe('NONE')
    await producer.endCompletely('commit')
    expect(await producer.commitOffset('g', 't', 5)).toBe('NONE')
    expect(await committedOffset(simulated, 'g', 't', true)).toBe('UNSTABLE_OFFSET_COMMIT')
    await simulated.platform.timers.sleep(50 * MINUTE_MS)
    expect(await committedOffset(simulated, 'g', 't')).toBe(4)
    await producer.endCompletely('commit')
  })
  // It counts from when it was said, not from when it was decided.
  await simulated.simulation.runFor(10 * MINUTE_MS)
  await simulated.run(async () => expect(await committedOffset(simulated, 'g', 't', true)).toBe(-1))
})
