/**
 * TxnOffsetCommit (API key 28), v0 to v5: offsets that count once the transaction is committed. From v5 on the group becomes
 * part of the transaction by this request (KIP-890).
 */
import { APIS, ErrorCode, type TxnOffsetCommitRequest } from '@millrace/protocol'
import type { OffsetToCommit } from '../groups/offsets/committer.ts'
import { OFFSETS_TOPIC } from '../metadata/topic-name.ts'
import type { RequestContext, RequestHandler } from '../server/request-handler.ts'
import { onePartition } from '../transactions/topic-partitions.ts'
import { writeErrorAsKnown } from './producer-fenced.ts'
import { type BrokerServices, handler } from './services.ts'

type PartitionToCommit = TxnOffsetCommitRequest['topics'][number]['partitions'][number]

const FIRST_WITH_LOADING_ERROR = 2
const FIRST_WITH_ABORTABLE = 4
const FIRST_WITH_IMPLICIT_ADD = 5

export function txnOffsetCommit({ topics, groups, transactions, config }: BrokerServices): RequestHandler {
  async function handle(request: TxnOffsetCommitRequest, { apiVersion }: RequestContext) {
    const accepted: OffsetToCommit[] = []
    const answers = request.topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(partition => {
        const { partitionIndex } = partition
        const errorCode = check(name, partition)
        if (errorCode === ErrorCode.NONE) accepted.push(toCommit(name, partition))
        return { partitionIndex, errorCode }
      }),
    }))
    const error = accepted.length === 0 ? ErrorCode.NONE : await commit(request, accepted, apiVersion)
    if (error === ErrorCode.NONE) return { topics: answers }
    return {
      topics: answers.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(row => (row.errorCode === ErrorCode.NONE ? { ...row, errorCode: error } : row)),
      })),
    }
  }

  function check(topic: string, { partitionIndex, committedMetadata }: PartitionToCommit): ErrorCode {
    if (topics.log(topic, partitionIndex) === undefined) return ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
    const isTooLong = (committedMetadata?.length ?? 0) > config['offset.metadata.max.bytes']
    return isTooLong ? ErrorCode.OFFSET_METADATA_TOO_LARGE : ErrorCode.NONE
  }

  function toCommit(topic: string, partition: PartitionToCommit): OffsetToCommit {
    return {
      topic,
      topicId: topics.get(topic)!.id,
      partition: partition.partitionIndex,
      offset: partition.committedOffset,
      leaderEpoch: partition.committedLeaderEpoch,
      metadata: partition.committedMetadata ?? '',
      expireTimestampMs: -1,
    }
  }

  async function commit(
    request: TxnOffsetCommitRequest,
    offsets: readonly OffsetToCommit[],
    apiVersion: number,
  ): Promise<ErrorCode> {
    if (request.groupId === '') return ErrorCode.INVALID_GROUP_ID
    const admission = await admit(request, apiVersion)
    if (admission !== ErrorCode.NONE) return asKnown(admission, apiVersion)
    return asKnown(await groups.commitInTransaction(request.groupId, request, request, offsets), apiVersion)
  }

  function admit(request: TxnOffsetCommitRequest, apiVersion: number): ErrorCode | Promise<ErrorCode> {
    const { transactionalId, groupId, producerId, producerEpoch } = request
    const partition = groups.partitionOf(groupId)
    if (partition === undefined) return ErrorCode.COORDINATOR_NOT_AVAILABLE
    if (topics.log(OFFSETS_TOPIC, partition)?.hasOpenTransaction(producerId, producerEpoch)) return ErrorCode.NONE
    const partitions = onePartition(OFFSETS_TOPIC, partition)
    if (apiVersion >= FIRST_WITH_IMPLICIT_ADD) return transactions.addAndVerify(transactionalId, request, partitions)
    if (!config['transaction.partition.verification.enable']) return ErrorCode.NONE
    return transactions.verify(transactionalId, request, partitions)
  }

  return handler(APIS.TxnOffsetCommit, 'strict', handle)
}

/** Older clients know fewer errors. */
function asKnown(errorCode: ErrorCode, apiVersion: number): ErrorCode {
  if (errorCode === ErrorCode.COORDINATOR_LOAD_IN_PROGRESS && apiVersion < FIRST_WITH_LOADING_ERROR)
    return ErrorCode.COORDINATOR_NOT_AVAILABLE
  return writeErrorAsKnown(errorCode, apiVersion >= FIRST_WITH_ABORTABLE)
}
