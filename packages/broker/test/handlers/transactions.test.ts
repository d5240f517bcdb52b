import { APIS, ErrorCode } from '@millrace/protocol'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RunningBroker } from '../running-broker.ts'
import { errorName } from '../transactions/sample-transaction.ts'
import {
  fetchAll,
  initProducerId,
  type Producer,
  readCommitted,
  TransactionalClient,
} from '../transactions/transactional-client.ts'

let running: RunningBroker
beforeEach(async () => {
  running = await RunningBroker.start()
  await running.createTopic('t', 2)
})
afterEach(async () => {
  expect(running.bugs).toEqual([])
  await running.stop()
})

describe.each([
  { protocol: 'version 1', version: { produce: 11, end: 4 } },
  { protocol: 'version 2', version: { produce: 12, end: 5 } },
])('a producer of transaction $protocol', ({ version }) => {
  const adds = version.produce < 12

  test('commits and aborts', async () => {
    const producer = await TransactionalClient.init(running, 'x')
    if (adds) expect(await producer.addPartitions('t')).toBe('NONE')
    expect(await producer.produce('t', ['a', 'b'], { version: version.produce })).toBe('NONE')
    expect(await readCommitted(running, 't')).toEqual([])
    await producer.endCompletely('commit', version.end)
    expect(await readCommitted(running, 't')).toEqual(['a', 'b'])

    if (adds) expect(await producer.addPartitions('t', [0, 1])).toBe('NONE')
    expect(await producer.produce('t', ['c'], { version: version.produce })).toBe('NONE')
    expect(await producer.produce('t', ['d'], { version: version.produce, partition: 1 })).toBe('NONE')
    await producer.endCompletely('abort', version.end)
    expect(await readCommitted(running, 't')).toEqual(['a', 'b'])
    expect(await readCommitted(running, 't', 1)).toEqual([])
    const { lastStableOffset } = await fetchAll(running, 't', 0, 0)
    expect(lastStableOffset).toBe(5)
  })

  test('fences the one before, whose transaction is aborted', async () => {
    const first = await TransactionalClient.init(running, 'x')
    if (adds) await first.addPartitions('t')
    expect(await first.produce('t', ['lost'], { version: version.produce })).toBe('NONE')
    const second = await TransactionalClient.init(running, 'x')
    expect(second.producer.producerId).toBe(first.producer.producerId)
    expect(second.producer.producerEpoch).toBe(first.producer.producerEpoch + 2)
    expect(await first.produce('t', ['zombie'], { version: version.produce })).toBe('INVALID_PRODUCER_EPOCH')
    expect(await first.end('commit', version.end)).toBe('PRODUCER_FENCED')
    expect(await first.addPartitions('t')).toBe('PRODUCER_FENCED')
    expect(await first.addOffsets('g')).toBe('PRODUCER_FENCED')
    if (adds) await second.addPartitions('t')
    expect(await second.produce('t', ['kept'], { version: version.produce })).toBe('NONE')
    await second.endCompletely('commit', version.end)
    expect(await readCommitted(running, 't')).toEqual(['kept'])
  })
})

describe('errors that depend on the version', () => {
  /** A producer that another one has fenced. */
  async function zombie(): Promise<TransactionalClient> {
    const fenced = await TransactionalClient.init(running, 'x')
    await TransactionalClient.init(running, 'x')
    return fenced
  }

  test.each([
    [3, 'INVALID_PRODUCER_EPOCH'],
    [4, 'PRODUCER_FENCED'],
    [5, 'PRODUCER_FENCED'],
  ])('InitProducerId v%i of a zombie: %s', async (version, expected) => {
    const { producer, client } = await zombie()
    const answer = await initProducerId(client, { ...producer, transactionTimeoutMs: 1_000 }, version)
    expect(answer).toEqual({ error: expected, producer: { transactionalId: 'x', producerId: -1, producerEpoch: -1 } })
  })

  test.each([
    [0, 'INVALID_PRODUCER_EPOCH'],
    [1, 'INVALID_PRODUCER_EPOCH'],
    [2, 'PRODUCER_FENCED'],
    [3, 'PRODUCER_FENCED'],
  ])('AddPartitionsToTxn, AddOffsetsToTxn, EndTxn v%i of a zombie: %s', async (version, expected) => {
    const fenced = await zombie()
    expect(await fenced.addPartitions('t', [0], version)).toBe(expected)
    expect(await fenced.addOffsets('g', version)).toBe(expected)
    expect(await fenced.end('commit', version)).toBe(expected)
  })

  test.each([
    [3, 'INVALID_TXN_STATE'],
    [10, 'INVALID_TXN_STATE'],
    [11, 'TRANSACTION_ABORTABLE'],
    [12, 'NONE'],
    [13, 'NONE'],
  ])('Produce v%i to a partition that was not added: %s', async (version, expected) => {
    const producer = await TransactionalClient.init(running, 'x')
    const { topicData, ...request } = producer.produceRequest('t', ['v'])
    const topics = await running.client.send(APIS.Metadata, { topics: [{ name: 't' }] }, 12)
    const { topicId } = topics.topics[0]!
    const named = [{ ...topicData[0]!, ...(version < 13 ? {} : { name: '', topicId }) }]
    const answer = await producer.client.send(APIS.Produce, { ...request, topicData: named }, version)
    expect(errorName(answer.responses[0]!.partitionResponses[0]!.errorCode)).toBe(expected)
  })

  test.each([
    [0, 'INVALID_TXN_STATE'],
    [3, 'INVALID_TXN_STATE'],
    [4, 'TRANSACTION_ABORTABLE'],
    [5, 'NONE'],
  ])('TxnOffsetCommit v%i for a group that was not added: %s', async (version, expected) => {
    await running.client.send(APIS.FindCoordinator, { keyType: 0, coordinatorKeys: ['g'] })
    const producer = await TransactionalClient.init(running, 'x')
    expect(await producer.commitOffset('g', 't', 1, { version })).toBe(expected)
  })
})

describe('what is refused', () => {
  test.each([
    [{ transactionalId: '', transactionTimeoutMs: 1_000 }, 'INVALID_REQUEST'],
    [{ transactionalId: 'x', transactionTimeoutMs: 0 }, 'INVALID_TRANSACTION_TIMEOUT'],
    [{ transactionalId: 'x', transactionTimeoutMs: 900_001 }, 'INVALID_TRANSACTION_TIMEOUT'],
    [{ transactionalId: 'x', transactionTimeoutMs: 900_000, producerId: 5 }, 'INVALID_REQUEST'],
    [{ transactionalId: 'x', transactionTimeoutMs: 900_000, producerEpoch: 5 }, 'INVALID_REQUEST'],
    // There is no __transaction_state yet: FindCoordinator creates it.
    [{ transactionalId: 'x', transactionTimeoutMs: 900_000 }, 'NOT_COORDINATOR'],
    [{ transactionalId: null, transactionTimeoutMs: 0 }, 'NONE'],
  ])('InitProducerId %j → %s', async (request, expected) => {
    expect((await initProducerId(running.client, request)).error).toBe(expected)
  })

  test('partitions that do not exist, and those asked for with them', async () => {
    const { client, producer } = await TransactionalClient.init(running, 'x')
    const request = {
      v3AndBelowTransactionalId: 'x',
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: 0,
      v3AndBelowTopics: [
        { name: 't', partitions: [0, 2] },
        { name: '__transaction_state', partitions: [0] },
      ],
    }
    const answer = await client.send(APIS.AddPartitionsToTxn, request, 3)
    const codes = answer.resultsByTopicV3AndBelow.flatMap(topic =>
      topic.resultsByPartition.map(row => errorName(row.partitionErrorCode)),
    )
    expect(codes).toEqual(['OPERATION_NOT_ATTEMPTED', 'UNKNOWN_TOPIC_OR_PARTITION', 'TOPIC_AUTHORIZATION_FAILED'])
  })

  test('the form for brokers: several transactions, and verification', async () => {
    const { client, producer } = await TransactionalClient.init(running, 'x')
    const other = await TransactionalClient.init(running, 'y')
    const row = (who: Producer, partitions: readonly number[], verifyOnly: boolean) => ({
      ...who,
      verifyOnly,
      topics: [{ name: 't', partitions }],
    })
    const ask = async (...transactions: ReturnType<typeof row>[]) => {
      const answer = await client.send(APIS.AddPartitionsToTxn, { transactions }, 5)
      return answer.resultsByTransaction.map(result =>
        result.topicResults.flatMap(topic => topic.resultsByPartition.map(each => errorName(each.partitionErrorCode))),
      )
    }
    const zombie = { ...other.producer, producerEpoch: 9 }
    expect(await ask(row(producer, [0], false), row(zombie, [0, 1], false))).toEqual([
      ['NONE'],
      ['PRODUCER_FENCED', 'PRODUCER_FENCED'],
    ])
    expect(await ask(row(producer, [0, 1], true), row(zombie, [0], true))).toEqual([
      ['NONE', 'TRANSACTION_ABORTABLE'],
      ['PRODUCER_FENCED'],
    ])
  })

  test('transactional batches without a transactional id', async () => {
    const producer = await TransactionalClient.init(running, 'x')
    const request = { ...producer.produceRequest('t', ['v']), transactionalId: null }
    const answer = await producer.client.send(APIS.Produce, request, 12)
    expect(errorName(answer.responses[0]!.partitionResponses[0]!.errorCode)).toBe(
      'TRANSACTIONAL_ID_AUTHORIZATION_FAILED',
    )
  })

  test('a transactional id that nobody knows', async () => {
    const producer = await TransactionalClient.init(running, 'x')
    producer.producer = { ...producer.producer, transactionalId: 'stranger' }
    expect(await producer.produce('t', ['v'])).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await producer.addPartitions('t')).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await producer.end('commit')).toBe('INVALID_PRODUCER_ID_MAPPING')
    expect(await producer.commitOffset('g', 't', 1)).toBe('COORDINATOR_NOT_AVAILABLE')
  })

  test('batches beside the transaction while it is open', async () => {
    const producer = await TransactionalClient.init(running, 'x')
    await producer.produce('t', ['v'])
    const { producerId, producerEpoch } = producer.producer
    const beside = running.batch(['w'], { producerId, producerEpoch, baseSequence: 1 })
    expect((await running.produce('t', beside)).errorCode).toBe(ErrorCode.INVALID_TXN_STATE)
  })
})

test('without verification old producers write where they like, new ones still make it part of the transaction', async () => {
  await running.restart({ 'transaction.partition.verification.enable': false })
  const producer = await TransactionalClient.init(running, 'x')
  expect(await producer.produce('t', ['a'], { version: 11 })).toBe('NONE')
  expect(await producer.produce('t', ['b'], { version: 12, partition: 1 })).toBe('NONE')
  await producer.endCompletely('commit')
  expect(await readCommitted(running, 't', 1)).toEqual(['b'])
  // What hangs is for administrators to find.
  expect(await readCommitted(running, 't')).toEqual([])
})

describe('order', () => {
  test('batches that follow the first of a transaction at once stay behind it', async () => {
    const producer = await TransactionalClient.init(running, 'x')
    for (let round = 0; round < 3; round++) {
      const requests = Array.from({ length: 5 }, (_, index) => producer.produceRequest('t', [`${round}-${index}`]))
      const answers = await Promise.all(requests.map(request => producer.client.send(APIS.Produce, request, 12)))
      const codes = answers.map(answer => answer.responses[0]!.partitionResponses[0]!.errorCode)
      expect(codes.map(errorName)).toEqual(['NONE', 'NONE', 'NONE', 'NONE', 'NONE'])
      // The next transaction begins while the markers of this one are being written.
      expect(await producer.end('commit')).toBe('NONE')
    }
    // An abort of nothing waits for the markers before it.
    while ((await producer.end('abort')) === 'CONCURRENT_TRANSACTIONS');
    const rounds = [0, 1, 2].flatMap(round => [0, 1, 2, 3, 4].map(index => `${round}-${index}`))
    expect(await readCommitted(running, 't')).toEqual(rounds)
  })

  test('a delayed EndTxn does not reach the next transaction', async () => {
    const producer = await TransactionalClient.init(running, 'x')
    await producer.produce('t', ['first'])
    const delayed = producer.copy()
    await producer.endCompletely('commit')
    await producer.produce('t', ['second'])
    expect(await delayed.end('abort')).toBe('PRODUCER_FENCED')
    await producer.endCompletely('commit')
    expect(await readCommitted(running, 't')).toEqual(['first', 'second'])
  })
})
