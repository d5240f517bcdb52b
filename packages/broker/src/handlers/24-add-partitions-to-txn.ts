/** AddPartitionsToTxn (API key 24), v0 to v5. From v4 on for several transactions, as brokers ask each other (KIP-890). */
import { type AddPartitionsToTxnRequest, APIS, ErrorCode } from '@millrace/protocol'
import { INTERNAL_TOPICS } from '../metadata/topic-name.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { onePartition, partitionsOf } from '../transactions/topic-partitions.ts'
import { EPOCH_PER_TRANSACTION } from '../transactions/transaction.ts'
import { fencedAsKnown } from './producer-fenced.ts'
import { type BrokerServices, handler } from './services.ts'

type TransactionRequest = AddPartitionsToTxnRequest['transactions'][number]

const FIRST_FOR_BROKERS = 4

export function addPartitionsToTxn({ topics, transactions }: BrokerServices): RequestHandler {
  async function handle(request: AddPartitionsToTxnRequest, { apiVersion }: RequestContext) {
    if (apiVersion < FIRST_FOR_BROKERS)
      return { resultsByTopicV3AndBelow: await answerTransaction(ofOldVersion(request), apiVersion) }
    const results: { transactionalId: string; topicResults: TopicResults }[] = []
    for (const row of request.transactions)
      results.push({ transactionalId: row.transactionalId, topicResults: await answerTransaction(row, apiVersion) })
    return { resultsByTransaction: results }
  }

  async function answerTransaction(row: TransactionRequest, apiVersion: number): Promise<TopicResults> {
    const problemWith = (topic: string, partition: number) => {
      // Offsets have a request of their own.
      if (apiVersion < FIRST_FOR_BROKERS && INTERNAL_TOPICS.has(topic)) return ErrorCode.TOPIC_AUTHORIZATION_FAILED
      return topics.log(topic, partition) === undefined ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.NONE
    }
    const isProblem = (topic: string, partition: number) => problemWith(topic, partition) !== ErrorCode.NONE
    if (row.topics.some(({ name, partitions }) => partitions.some(partition => isProblem(name, partition))))
      return resultsOf(row, (topic, partition) =>
        isProblem(topic, partition) ? problemWith(topic, partition) : ErrorCode.OPERATION_NOT_ATTEMPTED,
      )
    if (row.verifyOnly) return verified(row)
    const partitions = partitionsOf(row.topics.map(topic => ({ topic: topic.name, partitions: topic.partitions })))
    const transactionVersion = apiVersion < FIRST_FOR_BROKERS ? 0 : EPOCH_PER_TRANSACTION
    const error = await transactions.addPartitions(row.transactionalId, row, partitions, transactionVersion)
    return resultsOf(row, () => fencedAsKnown(error, 'AddPartitionsToTxn', apiVersion))
  }

  async function verified(row: TransactionRequest): Promise<TopicResults> {
    const errors = new Map<string, ErrorCode>()
    for (const { name, partitions } of row.topics)
      for (const partition of partitions) {
        const error = await transactions.verify(row.transactionalId, row, onePartition(name, partition))
        errors.set(`${name}-${partition}`, error)
      }
    return resultsOf(row, (topic, partition) => errors.get(`${topic}-${partition}`)!)
  }

  return handler(APIS.AddPartitionsToTxn, 'strict', handle)
}

type TopicResults = ReturnType<typeof resultsOf>

function resultsOf(row: TransactionRequest, errorOf: (topic: string, partition: number) => ErrorCode) {
  return row.topics.map(({ name, partitions }) => ({
    name,
    resultsByPartition: partitions.map(partitionIndex => ({
      partitionIndex,
      partitionErrorCode: errorOf(name, partitionIndex),
    })),
  }))
}

function ofOldVersion(request: AddPartitionsToTxnRequest): TransactionRequest {
  return {
    transactionalId: request.v3AndBelowTransactionalId,
    producerId: request.v3AndBelowProducerId,
    producerEpoch: request.v3AndBelowProducerEpoch,
    verifyOnly: false,
    topics: request.v3AndBelowTopics,
  }
}
