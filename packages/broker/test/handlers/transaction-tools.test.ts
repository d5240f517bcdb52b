/** What `kafka-transactions` asks: list, describe, describe-producers, find-hanging and abort (KIP-664). */
import { APIS, type InputOf } from '@millrace/protocol'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RunningBroker } from '../running-broker.ts'
import { errorName } from '../transactions/sample-transaction.ts'
import { committedOffset, fetchAll, readCommitted, TransactionalClient } from '../transactions/transactional-client.ts'

let running: RunningBroker
let open: TransactionalClient
let ended: TransactionalClient
beforeAll(async () => {
  running = await RunningBroker.start()
  await running.createTopic('t', 2)
  await running.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
  ended = await TransactionalClient.init(running, 'app-1', 5_000)
  await ended.produce('t', ['v'])
  await ended.endCompletely('commit')
  open = await TransactionalClient.init(running, 'app-2', 6_000)
  await open.produce('t', ['w'], { partition: 1 })
  await TransactionalClient.init(running, 'other')
})
afterAll(async () => {
  expect(running.bugs).toEqual([])
  await running.stop()
})

describe('ListTransactions', () => {
  const NO_FILTER = { stateFilters: [], producerIdFilters: [] }
  async function list(filter: Partial<InputOf<typeof APIS.ListTransactions.request>>): Promise<string> {
    const answer = await running.client.send(APIS.ListTransactions, { ...NO_FILTER, ...filter })
    if (answer.errorCode !== 0) return errorName(answer.errorCode)
    const rows = answer.transactionStates.map(row => `${row.transactionalId} ${row.transactionState}`)
    return [...rows.sort(), ...answer.unknownStateFilters.map(name => `?${name}`)].join(', ')
  }

  test.each([
    [{}, 'app-1 CompleteCommit, app-2 Ongoing, other Empty'],
    [{ stateFilters: ['Ongoing', 'Empty'] }, 'app-2 Ongoing, other Empty'],
    [{ stateFilters: ['Ongoing', 'Odd'] }, 'app-2 Ongoing, ?Odd'],
    [{ stateFilters: ['Odd'] }, '?Odd'],
    [{ producerIdFilters: [4_711] }, ''],
    [{ transactionalIdPattern: 'app-.*' }, 'app-1 CompleteCommit, app-2 Ongoing'],
    [{ transactionalIdPattern: 'app' }, ''],
    [{ transactionalIdPattern: '' }, 'app-1 CompleteCommit, app-2 Ongoing, other Empty'],
    [{ transactionalIdPattern: '(' }, 'INVALID_REGULAR_EXPRESSION'],
    // Without a transaction there is no beginning, as in Kafka.
    [{ durationFilter: 3_600_000 }, 'other Empty'],
    [{ durationFilter: -1 }, 'app-1 CompleteCommit, app-2 Ongoing, other Empty'],
  ])('%j → %s', async (filter, expected) => {
    expect(await list(filter)).toBe(expected)
  })

  test('by producer id', async () => {
    expect(await list({ producerIdFilters: [open.producer.producerId] })).toBe('app-2 Ongoing')
  })
})

test('DescribeTransactions tells where a transaction writes', async () => {
  const transactionalIds = ['app-1', 'app-2', 'nobody', '']
  const { transactionStates } = await running.client.send(APIS.DescribeTransactions, { transactionalIds })
  expect(transactionStates.map(row => errorName(row.errorCode))).toEqual([
    'NONE',
    'NONE',
    'TRANSACTIONAL_ID_NOT_FOUND',
    'INVALID_REQUEST',
  ])
  expect(transactionStates[0]).toMatchObject({ transactionState: 'CompleteCommit', producerEpoch: 1, topics: [] })
  expect(transactionStates[1]).toMatchObject({
    transactionState: 'Ongoing',
    producerId: open.producer.producerId,
    producerEpoch: 0,
    transactionTimeoutMs: 6_000,
    topics: [{ topic: 't', partitions: [1] }],
  })
  expect(transactionStates[1]!.transactionStartTimeMs).toBeGreaterThan(0)
})

test('DescribeProducers tells who writes to a partition', async () => {
  const topics = [
    { name: 't', partitionIndexes: [0, 1, 2] },
    { name: 'a/b', partitionIndexes: [0] },
  ]
  const answer = await running.client.send(APIS.DescribeProducers, { topics })
  const [t, invalid] = answer.topics
  const idle = {
    producerId: ended.producer.producerId,
    producerEpoch: 1,
    currentTxnStartOffset: -1,
    coordinatorEpoch: 0,
  }
  const busy = { producerId: open.producer.producerId, producerEpoch: 0, currentTxnStartOffset: 0, lastSequence: 0 }
  expect(t!.partitions[0]!.activeProducers).toMatchObject([idle])
  expect(t!.partitions[1]!.activeProducers).toMatchObject([busy])
  expect(errorName(t!.partitions[2]!.errorCode)).toBe('UNKNOWN_TOPIC_OR_PARTITION')
  expect(errorName(invalid!.partitions[0]!.errorCode)).toBe('INVALID_TOPIC_EXCEPTION')
})

describe('WriteTxnMarkers', () => {
  async function write(name: string, partitions: readonly number[], marker: Partial<Marker> = {}): Promise<string[]> {
    const { producerId, producerEpoch } = open.producer
    const topics = [{ name, partitionIndexes: partitions }]
    const markers = [{ producerId, producerEpoch, transactionResult: false, coordinatorEpoch: 0, topics, ...marker }]
    const answer = await running.client.send(APIS.WriteTxnMarkers, { markers })
    return answer.markers[0]!.topics[0]!.partitions.map(row => errorName(row.errorCode))
  }
  type Marker = InputOf<typeof APIS.WriteTxnMarkers.request>['markers'][number]

  test('ends a transaction in a partition', async () => {
    expect(await write('t', [7])).toEqual(['UNKNOWN_TOPIC_OR_PARTITION'])
    expect(await write('t', [1], { producerEpoch: -1 })).toEqual(['INVALID_PRODUCER_EPOCH'])
    expect((await fetchAll(running, 't', 1, 0)).lastStableOffset).toBe(0)
    expect(await write('t', [1])).toEqual(['NONE'])
    expect((await fetchAll(running, 't', 1, 0)).lastStableOffset).toBe(2)
    expect(await readCommitted(running, 't', 1)).toEqual([])
    expect(await write('t', [1], { coordinatorEpoch: -1 })).toEqual(['TRANSACTION_COORDINATOR_FENCED'])
  })

  test('decides about the offsets of a group', async () => {
    await open.commitOffset('g', 't', 3)
    expect(await committedOffset(running, 'g', 't', true)).toBe('UNSTABLE_OFFSET_COMMIT')
    const results = await write('__consumer_offsets', [0, 1, 2], { transactionResult: true })
    expect(results).toEqual(['NONE', 'NONE', 'NONE'])
    expect(await committedOffset(running, 'g', 't', true)).toBe(3)
  })
})
