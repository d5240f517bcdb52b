import { APIS, batchesOf, type InputOf, type RecordBatch } from '@millrace/protocol'
import type { ProtocolClient } from '../protocol-client.ts'
import { batchOf, fetchRequest, type RunningBroker } from '../running-broker.ts'
import { errorName } from './sample-transaction.ts'

/** What a producer and a reader need of a broker that runs, in real time or in a simulation. */
export type BrokerUnderTest = Pick<RunningBroker, 'platform' | 'client' | 'connect'>

export interface Producer {
  readonly transactionalId: string
  readonly producerId: number
  readonly producerEpoch: number
}

/** The requests of one transactional producer, each answered with the name of its error. */
export class TransactionalClient {
  private readonly sequences = new Map<string, number>()

  private constructor(
    readonly running: BrokerUnderTest,
    readonly client: ProtocolClient,
    public producer: Producer,
  ) {}

  /** Takes the id over, however long an earlier producer's transaction takes to be aborted. */
  static async init(
    running: BrokerUnderTest,
    transactionalId: string,
    timeoutMs = 60_000,
  ): Promise<TransactionalClient> {
    const client = await running.connect()
    await client.send(APIS.FindCoordinator, { keyType: 1, coordinatorKeys: [transactionalId] })
    for (;;) {
      const { error, producer } = await initProducerId(client, { transactionalId, transactionTimeoutMs: timeoutMs })
      if (error === 'NONE') return new TransactionalClient(running, client, producer)
      if (error !== 'CONCURRENT_TRANSACTIONS' && error !== 'COORDINATOR_LOAD_IN_PROGRESS') throw new Error(error)
    }
  }

  /** A producer that goes on over another connection, with sequences that begin anew. */
  static async of(running: BrokerUnderTest, producer: Producer): Promise<TransactionalClient> {
    return new TransactionalClient(running, await running.connect(), producer)
  }

  /** Another producer with the same identity, as a client that does not know yet what has happened. */
  copy(): TransactionalClient {
    return new TransactionalClient(this.running, this.client, this.producer)
  }

  async addPartitions(topic: string, partitions: readonly number[] = [0], version = 3): Promise<string> {
    const { transactionalId, producerId, producerEpoch } = this.producer
    const request = {
      v3AndBelowTransactionalId: transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions }],
    }
    const answer = await this.client.send(APIS.AddPartitionsToTxn, request, version)
    return errorName(answer.resultsByTopicV3AndBelow[0]!.resultsByPartition[0]!.partitionErrorCode)
  }

  async addOffsets(groupId: string, version = 3): Promise<string> {
    const answer = await this.client.send(APIS.AddOffsetsToTxn, { ...this.producer, groupId }, version)
    return errorName(answer.errorCode)
  }

  /** One batch. From v12 on the partition becomes part of the transaction by it. */
  async produce(topic: string, values: readonly string[], { partition = 0, version = 12 } = {}): Promise<string> {
    const answer = await this.client.send(APIS.Produce, this.produceRequest(topic, values, partition), version)
    return errorName(answer.responses[0]!.partitionResponses[0]!.errorCode)
  }

  produceRequest(topic: string, values: readonly string[], partition = 0): InputOf<typeof APIS.Produce.request> {
    const { transactionalId, producerId, producerEpoch } = this.producer
    const key = `${producerEpoch}/${topic}-${partition}`
    const baseSequence = this.sequences.get(key) ?? 0
    this.sequences.set(key, baseSequence + values.length)
    const options = { producerId, producerEpoch, baseSequence, transactional: true }
    const records = batchOf(this.running.platform, values, options)
    const topicData = [{ name: topic, partitionData: [{ index: partition, records }] }]
    return { transactionalId, acks: -1, timeoutMs: 10_000, topicData }
  }

  async commitOffset(
    groupId: string,
    topic: string,
    offset: number,
    { version = 5, member = {} } = {},
  ): Promise<string> {
    const request = {
      ...this.producer,
      groupId,
      ...member,
      topics: [{ name: topic, partitions: [{ partitionIndex: 0, committedOffset: offset, committedMetadata: '' }] }],
    }
    const answer = await this.client.send(APIS.TxnOffsetCommit, request, version)
    return errorName(answer.topics[0]!.partitions[0]!.errorCode)
  }

  /** From v5 on the producer goes on with the epoch of the answer. */
  async end(verdict: 'commit' | 'abort', version = 5): Promise<string> {
    const answer = await this.client.send(APIS.EndTxn, { ...this.producer, committed: verdict === 'commit' }, version)
    const { errorCode, producerId, producerEpoch } = answer
    if (errorCode === 0 && version >= 5) this.producer = { ...this.producer, producerId, producerEpoch }
    return errorName(errorCode)
  }

  /** Ends again until the markers are written. */
  async endCompletely(verdict: 'commit' | 'abort', version = 5): Promise<void> {
    const before = this.copy()
    await this.end(verdict, version)
    while ((await before.end(verdict, version)) === 'CONCURRENT_TRANSACTIONS');
  }
}

export async function initProducerId(
  client: ProtocolClient,
  request: InputOf<typeof APIS.InitProducerId.request>,
  version = 5,
): Promise<{ error: string; producer: Producer }> {
  const { errorCode, producerId, producerEpoch } = await client.send(APIS.InitProducerId, request, version)
  const producer = { transactionalId: request.transactionalId ?? '', producerId, producerEpoch }
  return { error: errorName(errorCode), producer }
}

/** What a reader of the isolation level gets: values of records, without those of aborted transactions. */
export async function readCommitted(running: BrokerUnderTest, topic: string, partition = 0): Promise<string[]> {
  const { batches, aborted } = await fetchAll(running, topic, partition, 1)
  const open = new Set<number>()
  const values: string[] = []
  for (const batch of batches) {
    for (const { producerId, firstOffset } of aborted) if (firstOffset <= batch.baseOffset) open.add(producerId)
    if (batch.isControl) {
      // Its next transaction is another entry of the list.
      open.delete(batch.producerId)
      const index = aborted.findIndex(row => row.producerId === batch.producerId && row.firstOffset <= batch.baseOffset)
      if (index >= 0) aborted.splice(index, 1)
    } else if (!(batch.isTransactional && open.has(batch.producerId)))
      for (const { value } of batch.records(running.platform.codecs)) values.push(String(value))
  }
  return values
}

export async function fetchAll(running: BrokerUnderTest, topic: string, partition: number, isolationLevel: number) {
  const request = { ...fetchRequest(topic, { partition, fetchOffset: 0 }), isolationLevel }
  const { responses } = await running.client.send(APIS.Fetch, request, 12)
  const { errorCode, records, abortedTransactions, lastStableOffset } = responses[0]!.partitions[0]!
  if (errorCode !== 0) throw new Error(errorName(errorCode))
  const batches: RecordBatch[] = [...batchesOf(records!)]
  const aborted = [...(abortedTransactions ?? [])]
  return { batches, aborted, lastStableOffset }
}

/** The committed offset of partition 0; with `requireStable` the name of the error where it is pending. */
export async function committedOffset(
  running: BrokerUnderTest,
  groupId: string,
  topic: string,
  requireStable = false,
): Promise<number | string> {
  const groups = [{ groupId, topics: [{ name: topic, partitionIndexes: [0] }] }]
  const answer = await running.client.send(APIS.OffsetFetch, { groups, requireStable }, 8)
  const { errorCode, topics } = answer.groups[0]!
  if (errorCode !== 0) return errorName(errorCode)
  const partition = topics[0]!.partitions[0]!
  return partition.errorCode === 0 ? partition.committedOffset : errorName(partition.errorCode)
}
