/**
 * Produce (API key 0), served from v3 on; lower versions are advertised only (KAFKA-18659). Appends happen before this
 * returns, in the order of the request; with acks=all the answer waits until they are durable. Only the first batches of a
 * transaction take longer: their partitions have to be part of it, durably, before.
 */
import {
  APIS,
  ErrorCode,
  type InputOf,
  KafkaError,
  type ProduceRequest,
  type ProduceResponse,
} from '@millrace/protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import { acceptProducedBatch, RefusedBatchError } from '../log/produced-batch.ts'
import { INTERNAL_TOPICS } from '../metadata/topic-name.ts'
import { CloseConnectionError, type RequestContext, type RequestHandler } from '../server/request-handler.ts'
import { type BrokerServices, handler } from './services.ts'
import { admissionError, admitTransactional, type TransactionalAdmission } from './transactional-produce.ts'

type TopicData = ProduceRequest['topicData'][number]
type PartitionData = TopicData['partitionData'][number]
type PartitionAnswer = InputOf<typeof ProduceResponse>['responses'][number]['partitionResponses'][number]
type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** The oldest version that carries record batches of format v2. */
const FIRST_WITH_BATCHES = 3
const FIRST_WITH_ZSTD = 7
const FIRST_WITH_TOPIC_IDS = 13
/** Kafka's own tools may write internal topics under this client id (`AdminUtils.ADMIN_CLIENT_ID`). */
const ADMIN_CLIENT_ID = '__admin_client'

/** An append that has to become durable before it is answered. */
interface PendingSync {
  readonly answer: Mutable<PartitionAnswer>
  readonly durable: Promise<void>
}

export function produce(services: BrokerServices): RequestHandler {
  const { topics, clock, codecs } = services

  function handle(request: ProduceRequest, context: RequestContext) {
    if (context.apiVersion < FIRST_WITH_BATCHES)
      throw new CloseConnectionError(`Produce v${context.apiVersion} carries no record batches`)
    const { transactionalId, topicData } = request
    const { apiVersion } = context
    if (transactionalId === null) return append(request, context, null)
    const nameOf = (topic: TopicData) => nameIn(topic, apiVersion)
    const admission = admitTransactional(services, { transactionalId, topicData, apiVersion, nameOf })
    if (!(admission instanceof Promise)) return append(request, context, admission)
    // What is appended may take longer to become durable, for which nobody has to wait.
    const appended = admission.then(settled => ({ answer: append(request, context, settled) }))
    context.holdEffects(appended)
    return appended.then(({ answer }) => answer)
  }

  function append(request: ProduceRequest, context: RequestContext, admission: TransactionalAdmission) {
    const { acks } = request
    const pending: PendingSync[] = []
    const responses = request.topicData.map(topic => {
      const name = nameIn(topic, context.apiVersion)
      const partitionResponses = topic.partitionData.map(partition =>
        producePartition(request, context, name, partition, admission, pending),
      )
      return { name: topic.name, topicId: topic.topicId, partitionResponses }
    })
    if (acks === 0) return withoutAnswer(responses)
    if (pending.length === 0) return { responses }
    return whenDurable(pending).then(() => ({ responses }))
  }

  function producePartition(
    { acks, transactionalId }: ProduceRequest,
    context: RequestContext,
    topic: string | undefined,
    data: PartitionData,
    admission: TransactionalAdmission,
    pending: PendingSync[],
  ): PartitionAnswer {
    const { index, records } = data
    const nowMs = clock.nowMs()
    try {
      if (acks !== -1 && acks !== 0 && acks !== 1) throw new KafkaError(ErrorCode.INVALID_REQUIRED_ACKS)
      const log = logOf(topic, index)
      if (INTERNAL_TOPICS.has(log.topic) && context.clientId !== ADMIN_CLIENT_ID)
        throw new KafkaError(ErrorCode.INVALID_TOPIC_EXCEPTION, `${log.topic} is written by the broker only`)
      if (acks === -1 && log.config['min.insync.replicas'] > 1) throw new KafkaError(ErrorCode.NOT_ENOUGH_REPLICAS)
      if (records === null) throw new KafkaError(ErrorCode.INVALID_RECORD, 'no records')
      const batch = acceptProducedBatch(records, log.config, nowMs, codecs)
      if (batch.isTransactional && transactionalId === null)
        throw new KafkaError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, 'no transactional id')
      if (batch.compression === 'zstd' && context.apiVersion < FIRST_WITH_ZSTD)
        throw new KafkaError(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, `zstd needs Produce v${FIRST_WITH_ZSTD}`)
      const refusal = batch.isTransactional ? admissionError(admission, data, log, batch) : ErrorCode.NONE
      if (refusal !== ErrorCode.NONE)
        throw new KafkaError(refusal, `${log.name} is not part of the transaction of ${transactionalId}`)
      const { baseOffset, lastOffset, logAppendTimeMs, logStartOffset } = log.append(batch, nowMs)
      const answer = { index, errorCode: ErrorCode.NONE, baseOffset, logAppendTimeMs, logStartOffset }
      if (acks === -1 && log.highWatermark <= lastOffset) pending.push({ answer, durable: log.synced(lastOffset + 1) })
      return answer
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return refusedPartition(index, error)
    }
  }

  function nameIn({ name, topicId }: TopicData, apiVersion: number): string | undefined {
    return apiVersion < FIRST_WITH_TOPIC_IDS ? name : topics.byId(topicId)?.name
  }

  function logOf(topic: string | undefined, partition: number): PartitionLog {
    if (topic === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_ID)
    const log = topics.log(topic, partition)
    if (log === undefined) throw new KafkaError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    return log
  }

  return { ...handler(APIS.Produce, 'effect-first', handle), forgetsRequest: true }
}

function refusedPartition(index: number, error: KafkaError): PartitionAnswer {
  const { errorCode, message: errorMessage } = error
  const recordErrors = error instanceof RefusedBatchError ? error.recordErrors : []
  return {
    index,
    errorCode,
    baseOffset: -1,
    errorMessage,
    recordErrors: recordErrors.map(row => ({ batchIndex: row.index, batchIndexErrorMessage: row.message })),
  }
}

/** With acks=0 a broken connection is the only way to tell the producer. */
function withoutAnswer(responses: readonly { readonly partitionResponses: readonly PartitionAnswer[] }[]): undefined {
  for (const { partitionResponses } of responses)
    for (const { errorCode, errorMessage } of partitionResponses)
      if (errorCode !== ErrorCode.NONE) throw new CloseConnectionError(`acks=0 and ${errorMessage}`)
  return undefined
}

/** What cannot be made durable is answered as failed, although it may be in the log: the producer retries. */
async function whenDurable(pending: readonly PendingSync[]): Promise<void> {
  for (const { answer, durable } of pending) {
    try {
      await durable
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      answer.errorCode = error.errorCode
      answer.errorMessage = error.message
      answer.baseOffset = -1
    }
  }
}
