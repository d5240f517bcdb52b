/**
 * Which transactional batches of a produce request may be appended: the partition has to be part of the transaction, or it
 * becomes so now (KIP-890). A batch whose producer has written to the partition in this transaction before is not looked at.
 */
import { CorruptBatchError, ErrorCode, type ProduceRequest, RecordBatch } from '@millrace/protocol'
import type { PartitionLog } from '../log/partition-log.ts'
import { partitionsOf } from '../transactions/topic-partitions.ts'
import { writeErrorAsKnown } from './producer-fenced.ts'
import type { BrokerServices } from './services.ts'

type PartitionData = ProduceRequest['topicData'][number]['partitionData'][number]

/** The verdict about each batch of the request that had to be judged. Null: nothing has to be. */
export type TransactionalAdmission = ReadonlyMap<PartitionData, ErrorCode> | null

const NOTHING_TO_JUDGE: TransactionalAdmission = new Map()
const FIRST_WITH_ABORTABLE = 11
const FIRST_WITH_IMPLICIT_ADD = 12

interface Row {
  readonly data: PartitionData
  readonly topic: string
  readonly batch: RecordBatch
}

/** What the batches of a request are judged by. */
export interface TransactionalRequest {
  readonly transactionalId: string
  readonly topicData: ProduceRequest['topicData']
  readonly apiVersion: number
  /** Undefined for a topic that there is not. */
  nameOf(topic: ProduceRequest['topicData'][number]): string | undefined
}

/** A promise where something has to become durable first. */
export function admitTransactional(
  services: BrokerServices,
  request: TransactionalRequest,
): TransactionalAdmission | Promise<TransactionalAdmission> {
  const { transactions, config } = services
  const { transactionalId, apiVersion } = request
  const adds = apiVersion >= FIRST_WITH_IMPLICIT_ADD
  if (!adds && !config['transaction.partition.verification.enable']) return null
  const rows = rowsToJudge(services, request)
  if (rows.length === 0) return NOTHING_TO_JUDGE
  const judged = (errors: readonly ErrorCode[]) =>
    new Map(rows.map(({ data }, index) => [data, asKnown(errors[index]!, apiVersion)]))
  const { producerId, producerEpoch } = rows[0]!.batch
  const writer = { producerId, producerEpoch }
  if (!rows.every(({ batch }) => batch.producerId === writer.producerId))
    return judged(rows.map(() => ErrorCode.INVALID_PRODUCER_ID_MAPPING))
  // Together they become part of the transaction by one record; what is only verified is so one by one.
  const verdicts = adds
    ? new Array(rows.length).fill(transactions.addAndVerify(transactionalId, writer, partitionsIn(rows)))
    : rows.map(row => transactions.verify(transactionalId, writer, partitionsIn([row])))
  return verdicts.some(verdict => verdict instanceof Promise) ? Promise.all(verdicts).then(judged) : judged(verdicts)
}

/** NONE if the batch may be appended now. */
export function admissionError(
  admission: TransactionalAdmission,
  data: PartitionData,
  log: PartitionLog,
  { producerId, producerEpoch }: RecordBatch,
): ErrorCode {
  const error = admission === null ? ErrorCode.NONE : admission.get(data)
  if (error !== undefined) return error
  // It was not judged because its transaction was open; while others were, that may have ended.
  return log.hasOpenTransaction(producerId, producerEpoch) ? ErrorCode.NONE : ErrorCode.NOT_ENOUGH_REPLICAS
}

function rowsToJudge({ topics }: BrokerServices, { topicData, nameOf }: TransactionalRequest): Row[] {
  const rows: Row[] = []
  for (const each of topicData) {
    const topic = nameOf(each)
    if (topic === undefined) continue
    for (const data of each.partitionData) {
      const batch = transactionalBatchIn(data.records)
      const log = batch && topics.log(topic, data.index)
      if (batch === undefined || log === undefined) continue
      if (!log.hasOpenTransaction(batch.producerId, batch.producerEpoch)) rows.push({ data, topic, batch })
    }
  }
  return rows
}

function partitionsIn(rows: readonly Row[]) {
  return partitionsOf(rows.map(({ topic, data }) => ({ topic, partitions: [data.index] })))
}

/** Bytes that are no batch are refused where all batches are judged. */
function transactionalBatchIn(records: Buffer | null): RecordBatch | undefined {
  if (records === null) return undefined
  try {
    const batch = new RecordBatch(records)
    return batch.isTransactional ? batch : undefined
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error
    return undefined
  }
}

/** Errors of the coordinator in terms of Produce: what passes by itself becomes an error that every producer retries. */
function asKnown(errorCode: ErrorCode, apiVersion: number): ErrorCode {
  switch (errorCode) {
    case ErrorCode.CONCURRENT_TRANSACTIONS:
      return apiVersion < FIRST_WITH_IMPLICIT_ADD ? ErrorCode.NOT_ENOUGH_REPLICAS : errorCode
    case ErrorCode.COORDINATOR_LOAD_IN_PROGRESS:
    case ErrorCode.COORDINATOR_NOT_AVAILABLE:
    case ErrorCode.NOT_COORDINATOR:
      return ErrorCode.NOT_ENOUGH_REPLICAS
    default:
      return writeErrorAsKnown(errorCode, apiVersion >= FIRST_WITH_ABORTABLE)
  }
}
