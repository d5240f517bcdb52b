/** TxnOffsetCommit (API key 28): who may commit offsets as part of a transaction (KIP-447). */
import { ErrorCode, type KafkaError } from '@millrace/protocol'
import { checkMember } from '../classic/membership.ts'
import { mayCommitToConsumerGroupInTransaction } from '../consumer/consumer-offsets.ts'
import type { Group } from '../group.ts'
import type { Committer, OffsetToCommit } from './committer.ts'

/**
 * `group`: undefined when there is none yet; a commit outside any generation creates it by its records.
 *
 * Other than for a commit outside of transactions, a producer need not be a member, because up to v2 there was no way to
 * say so; and a rebalance is no hindrance, because the transaction is fenced by its producer.
 */
export function mayCommitInTransaction(
  group: Group | undefined,
  committer: Committer,
  offsets: readonly OffsetToCommit[],
): ErrorCode {
  const { generationId, memberId, groupInstanceId } = committer
  if (group === undefined) return generationId < 0 ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
  if (group.type === 'consumer') return mayCommitToConsumerGroupInTransaction(group, committer, offsets)
  if (generationId < 0 && group.state === 'Empty') return ErrorCode.NONE
  if (generationId < 0 && memberId === '' && groupInstanceId === null) return ErrorCode.NONE
  const error = checkMember(group, memberId, groupInstanceId)
  if (error !== ErrorCode.NONE) return error
  return generationId === group.generationId ? ErrorCode.NONE : ErrorCode.ILLEGAL_GENERATION
}

/** What a producer is told of an error of the log: that it was fenced, that the commit is too large, or to try again. */
export function transactionalCommitError({ errorCode }: KafkaError): ErrorCode {
  switch (errorCode) {
    case ErrorCode.INVALID_PRODUCER_EPOCH:
      return errorCode
    case ErrorCode.MESSAGE_TOO_LARGE:
      return ErrorCode.INVALID_COMMIT_OFFSET_SIZE
    default:
      return ErrorCode.COORDINATOR_NOT_AVAILABLE
  }
}
