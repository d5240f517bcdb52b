/** What a transactional producer asks of its coordinator, whatever that answers. The coordinator is a script. */
import { memoryNetwork, type Platform, realPlatform } from '@millrace/platform'
import {
  APIS,
  type Api,
  type ApiName,
  decodeFrom,
  ErrorCode,
  encodeResponseFrame,
  type IncomingRequest,
  openRequest,
  RecordBatch,
} from '@millrace/protocol'
import { afterEach, describe, expect, test } from 'vitest'
import { FrameSplitter } from '../../../src/connection/frame-splitter.ts'
import { Producer } from '../../../src/producer/producer.ts'

const TOPIC = 't'
const TOPIC_ID = 'AAAAAAAAAAAAAAAAAAAAAQ'
const PRODUCER_ID = 7
const GROUP = { groupId: 'g', generationId: 3, memberId: 'm', groupInstanceId: null }

interface Faults {
  /** Error codes of the answers to come, by API; NONE after that. */
  readonly [api: string]: number[]
}

const closeables: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const one of closeables.splice(0).reverse()) await one.close()
})

/** A cluster of one node that knows one producer. Notes requests about transactions, as `EndTxn 5 commit`. */
async function scripted(transactionVersion: number, faults: Faults = {}) {
  const real = realPlatform()
  const platform: Platform = { ...real, network: memoryNetwork(real.timers) }
  const heard: string[] = []
  let epoch = -1
  let ends = 0
  const errorOf = (api: ApiName) => faults[api]?.shift() ?? ErrorCode.NONE
  const node = { nodeId: 1, host: '127.0.0.1', port: 0, rack: null }

  // biome-ignore format: one answer a line
  const answers: Partial<Record<ApiName, (body: never, version: number) => object>> = {
    ApiVersions: () => ({
      errorCode: 0,
      apiKeys: Object.values<Api>(APIS).map(({ key, advertised }) => ({ apiKey: key, minVersion: advertised.min, maxVersion: advertised.max })),
      finalizedFeatures: [{ name: 'transaction.version', minVersionLevel: transactionVersion, maxVersionLevel: transactionVersion }],
    }),
    Metadata: () => ({
      brokers: [node], clusterId: 'c', controllerId: 1, errorCode: 0,
      topics: [{ errorCode: 0, name: TOPIC, topicId: TOPIC_ID, isInternal: false, partitions: [{ errorCode: 0, partitionIndex: 0, leaderId: 1, leaderEpoch: 0, replicaNodes: [1], isrNodes: [1], offlineReplicas: [] }] }],
    }),
    FindCoordinator: () => ({ coordinators: [{ key: '', ...node, errorCode: 0, errorMessage: null }] }),
    InitProducerId: (body: { producerEpoch: number }, version: number) => {
      const errorCode = errorOf('InitProducerId')
      heard.push(`InitProducerId ${version} after epoch ${body.producerEpoch}`)
      return { errorCode, producerId: PRODUCER_ID, producerEpoch: errorCode === 0 ? ++epoch : -1 }
    },
    AddPartitionsToTxn: (_body: never, version: number) => {
      heard.push(`AddPartitionsToTxn ${version}`)
      return { resultsByTopicV3AndBelow: [{ name: TOPIC, resultsByPartition: [{ partitionIndex: 0, partitionErrorCode: errorOf('AddPartitionsToTxn') }] }] }
    },
    AddOffsetsToTxn: (_body: never, version: number) => {
      heard.push(`AddOffsetsToTxn ${version}`)
      return { errorCode: errorOf('AddOffsetsToTxn') }
    },
    TxnOffsetCommit: (_body: never, version: number) => {
      heard.push(`TxnOffsetCommit ${version}`)
      return { topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0, errorCode: errorOf('TxnOffsetCommit') }] }] }
    },
    Produce: (body: { topicData: { partitionData: { records: Buffer }[] }[] }, version: number) => {
      const batch = new RecordBatch(body.topicData[0]!.partitionData[0]!.records)
      heard.push(`Produce ${version} epoch ${batch.producerEpoch} sequence ${batch.baseSequence}`)
      const answer = { index: 0, errorCode: errorOf('Produce'), baseOffset: 0, logAppendTimeMs: -1, logStartOffset: 0 }
      return { responses: [{ name: TOPIC, topicId: TOPIC_ID, partitionResponses: [answer] }] }
    },
    EndTxn: (body: { committed: boolean }, version: number) => {
      const errorCode = errorOf('EndTxn')
      heard.push(`EndTxn ${version} ${body.committed ? 'commit' : 'abort'}`)
      if (errorCode === 0) ends++
      return version < 5 || errorCode !== 0 ? { errorCode } : { errorCode, producerId: PRODUCER_ID, producerEpoch: ++epoch }
    },
  }
  const listener = await platform.network.listen({ host: '127.0.0.1', port: 0 }, connection => {
    const splitter = new FrameSplitter(1_000_000)
    connection.handler = {
      onData: chunk =>
        splitter.push(chunk, frame => {
          const { api, version, correlationId, reader }: IncomingRequest = openRequest(frame)
          const body = decodeFrom(api!.request, reader, version) as never
          const value = answers[api!.name as ApiName]!(body, version)
          connection.write(encodeResponseFrame(correlationId, api!.response, value, version))
        }),
      onClose() {},
    }
  })
  node.port = listener.port
  const producer = new Producer({
    bootstrapServers: `127.0.0.1:${listener.port}`,
    platform,
    transactionalId: 'writer',
    retryBackoffMs: 1,
    retryBackoffMaxMs: 1,
  })
  closeables.push(listener, producer)
  await producer.initTransactions()
  return { producer, heard, ends: () => ends }
}
const record = { topic: TOPIC, value: 'v', partition: 0 }

describe('version 1', () => {
  test('partitions and groups are added once, transactions share an epoch and count on', async () => {
    const { producer, heard } = await scripted(1)
    for (let round = 0; round < 2; round++) {
      producer.beginTransaction()
      await producer.send(record)
      await producer.send(record)
      await producer.sendOffsetsToTransaction([{ ...record, offset: 1 }], GROUP)
      await producer.sendOffsetsToTransaction([{ ...record, offset: 2 }], GROUP)
      await producer.commitTransaction()
    }
    const round = (sequence: number) => [
      'AddPartitionsToTxn 3',
      `Produce 11 epoch 0 sequence ${sequence}`,
      `Produce 11 epoch 0 sequence ${sequence + 1}`,
      'AddOffsetsToTxn 4',
      'TxnOffsetCommit 4',
      'TxnOffsetCommit 4',
      'EndTxn 4 commit',
    ]
    expect(heard).toEqual(['InitProducerId 5 after epoch -1', ...round(0), ...round(2)])
  })
  test('after a batch was given up the next transaction has another epoch', async () => {
    const { producer, heard } = await scripted(1, { Produce: [ErrorCode.INVALID_RECORD] })
    producer.beginTransaction()
    await expect(producer.send(record)).rejects.toMatchObject({ code: 'INVALID_RECORD' })
    await producer.abortTransaction()
    producer.beginTransaction()
    await producer.send(record)
    await producer.commitTransaction()
    expect(heard.slice(1)).toEqual([
      'AddPartitionsToTxn 3',
      'Produce 11 epoch 0 sequence 0',
      'EndTxn 4 abort',
      'InitProducerId 5 after epoch 0',
      'AddPartitionsToTxn 3',
      'Produce 11 epoch 1 sequence 0',
      'EndTxn 4 commit',
    ])
  })
  test('a producer that the coordinator has forgotten has nothing to abort', async () => {
    const { producer, heard } = await scripted(1, { AddPartitionsToTxn: [ErrorCode.INVALID_PRODUCER_ID_MAPPING] })
    producer.beginTransaction()
    await expect(producer.send(record)).rejects.toMatchObject({ code: 'TRANSACTION_ABORTED' })
    await producer.abortTransaction()
    producer.beginTransaction()
    await producer.send(record)
    await producer.commitTransaction()
    expect(heard.filter(request => !request.startsWith('Produce')).slice(1)).toEqual([
      'AddPartitionsToTxn 3',
      'InitProducerId 5 after epoch 0',
      'AddPartitionsToTxn 3',
      'EndTxn 4 commit',
    ])
  })
})

describe('version 2', () => {
  test('nothing is added, each transaction has an epoch of its own', async () => {
    const { producer, heard } = await scripted(2)
    for (let round = 0; round < 2; round++) {
      producer.beginTransaction()
      await producer.send(record)
      await producer.sendOffsetsToTransaction([{ ...record, offset: 1 }], GROUP)
      await producer.commitTransaction()
    }
    const round = (epoch: number) => [`Produce 13 epoch ${epoch} sequence 0`, 'TxnOffsetCommit 5', 'EndTxn 5 commit']
    expect(heard).toEqual(['InitProducerId 5 after epoch -1', ...round(0), ...round(1)])
  })
  test('after a batch was given up the verdict alone brings another epoch', async () => {
    const { producer, heard } = await scripted(2, { Produce: [ErrorCode.TRANSACTION_ABORTABLE] })
    producer.beginTransaction()
    await expect(producer.send(record)).rejects.toMatchObject({ code: 'TRANSACTION_ABORTABLE' })
    await expect(producer.commitTransaction()).rejects.toMatchObject({ code: 'TRANSACTION_MUST_ABORT' })
    await producer.abortTransaction()
    producer.beginTransaction()
    await producer.send(record)
    await producer.commitTransaction()
    expect(heard.slice(1)).toEqual([
      'Produce 13 epoch 0 sequence 0',
      'EndTxn 5 abort',
      'Produce 13 epoch 1 sequence 0',
      'EndTxn 5 commit',
    ])
  })
})

describe.each([1, 2])('whichever version: %i', version => {
  test.each([
    ['AddPartitionsToTxn', ErrorCode.CONCURRENT_TRANSACTIONS],
    ['AddPartitionsToTxn', ErrorCode.COORDINATOR_LOAD_IN_PROGRESS],
    ['TxnOffsetCommit', ErrorCode.NOT_COORDINATOR],
    ['TxnOffsetCommit', ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
    ['Produce', ErrorCode.CONCURRENT_TRANSACTIONS],
    ['Produce', ErrorCode.NOT_LEADER_OR_FOLLOWER],
    ['EndTxn', ErrorCode.CONCURRENT_TRANSACTIONS],
    ['EndTxn', ErrorCode.COORDINATOR_NOT_AVAILABLE],
  ] as const)('%s is repeated after %i', async (api, errorCode) => {
    const { producer, ends } = await scripted(version, { [api]: [errorCode, errorCode] })
    producer.beginTransaction()
    await producer.send(record)
    await producer.sendOffsetsToTransaction([{ ...record, offset: 1 }], GROUP)
    await producer.commitTransaction()
    expect(ends()).toBe(1)
  })
  test.each([
    ['Produce', ErrorCode.INVALID_PRODUCER_EPOCH],
    ['TxnOffsetCommit', ErrorCode.INVALID_PRODUCER_EPOCH],
    ['EndTxn', ErrorCode.PRODUCER_FENCED],
  ] as const)('%s that is refused with %i fences the producer', async (api, errorCode) => {
    const { producer } = await scripted(version, { [api]: [errorCode] })
    producer.beginTransaction()
    const steps = async () => {
      await producer.send(record)
      await producer.sendOffsetsToTransaction([{ ...record, offset: 1 }], GROUP)
      await producer.commitTransaction()
    }
    await expect(steps()).rejects.toMatchObject({ code: 'PRODUCER_FENCED', retriable: false })
    await expect(producer.abortTransaction()).rejects.toMatchObject({ code: 'PRODUCER_FENCED' })
    expect(() => producer.beginTransaction()).toThrow('is fenced')
  })
  test.each([
    ['TxnOffsetCommit', ErrorCode.ILLEGAL_GENERATION, 'COMMIT_FAILED'],
    ['TxnOffsetCommit', ErrorCode.STALE_MEMBER_EPOCH, 'COMMIT_FAILED'],
    ['TxnOffsetCommit', ErrorCode.FENCED_INSTANCE_ID, 'FENCED_INSTANCE_ID'],
    ['TxnOffsetCommit', ErrorCode.GROUP_AUTHORIZATION_FAILED, 'GROUP_AUTHORIZATION_FAILED'],
    ['EndTxn', ErrorCode.TRANSACTION_ABORTABLE, 'TRANSACTION_MUST_ABORT'],
  ] as const)('%s that is refused with %i can be aborted', async (api, errorCode, code) => {
    const { producer, ends } = await scripted(version, { [api]: [errorCode] })
    producer.beginTransaction()
    const steps = async () => {
      await producer.sendOffsetsToTransaction([{ ...record, offset: 1 }], GROUP)
      await producer.commitTransaction()
    }
    await expect(steps()).rejects.toMatchObject({ code })
    await producer.abortTransaction()
    expect(ends()).toBe(1)
    producer.beginTransaction()
  })
  test('what the coordinator will never allow ends the producer', async () => {
    const { producer } = await scripted(version, { EndTxn: [ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED] })
    producer.beginTransaction()
    await producer.send(record)
    const refused = { code: 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED' }
    await expect(producer.commitTransaction()).rejects.toMatchObject(refused)
    await expect(producer.abortTransaction()).rejects.toMatchObject(refused)
  })
  test('two calls with one verdict are one', async () => {
    const { producer, ends } = await scripted(version)
    producer.beginTransaction()
    producer.enqueue(record)
    await Promise.all([producer.commitTransaction(), producer.commitTransaction()])
    expect(ends()).toBe(1)
  })
})
