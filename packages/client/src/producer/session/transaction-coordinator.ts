/**
 * What a transactional producer asks of its coordinator, and of the coordinator of a group whose offsets it commits.
 * Each call is repeated until it is answered or its time is over; calling again after that is safe, the coordinator
 * recognises what it has done already.
 */
import { APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { Cluster } from '../../cluster/cluster.ts'
import type { Node } from '../../cluster/metadata.ts'
import { type TopicPartition, TopicPartitionMap } from '../../cluster/topic-partition.ts'
import type { TimeLimit } from '../../connection/time-limit.ts'
import { type GroupIdentity, type OffsetToCommit, partitionsToCommit } from '../../consumer/group/group-offsets.ts'
import type { ProducerIdentity } from '../partition-queue.ts'

/** Level of the feature `transaction.version` from which each transaction has an epoch of its own (KIP-890). */
const OWN_EPOCHS_LEVEL = 2
const LAST_END_VERSION_WITHOUT_OWN_EPOCHS = 4
const LAST_OFFSET_COMMIT_VERSION_WITHOUT_OWN_EPOCHS = 4
/** The markers of the transaction before are on their way, which takes milliseconds. */
const CONCURRENT_TRANSACTIONS_PAUSE_MS = 20

export interface TransactionCoordinatorSettings {
  readonly transactionalId: string
  readonly transactionTimeoutMs: number
}

export class TransactionCoordinator {
  /** As of the last answer: the cluster has transaction version 2. */
  hasOwnEpochs = false
  /** A request ended without an answer since this was reset: the coordinator may yet carry it out. */
  hasUnknownOutcome = false

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: TransactionCoordinatorSettings,
  ) {}

  /**
   * A new epoch of the transactional id; its open transaction is aborted. With `previous` only if that is still the
   * latest one (KIP-360).
   */
  initProducerId(previous: ProducerIdentity | null, limit: TimeLimit): Promise<ProducerIdentity> {
    const { transactionalId, transactionTimeoutMs } = this.settings
    return this.ask(`initializing producer ${transactionalId}`, limit, async (node, remaining) => {
      const answer = await this.cluster.request(
        { node, lane: 'main' },
        APIS.InitProducerId,
        () => ({ transactionalId, transactionTimeoutMs, ...previous }),
        remaining,
      )
      return { errorCode: answer.errorCode, result: identityOf(answer) }
    })
  }

  /** Version 1: the partitions become part of the transaction. Rejects with the error of the first that cannot. */
  addPartitions(identity: ProducerIdentity, partitions: readonly TopicPartition[], limit: TimeLimit): Promise<void> {
    const { transactionalId } = this.settings
    const topics = [...TopicPartitionMap.from(partitions.map(at => [at, true])).byTopic()]
    return this.ask(`adding partitions to the transaction of ${transactionalId}`, limit, async (node, remaining) => {
      const answer = await this.cluster.request(
        { node, lane: 'main' },
        APIS.AddPartitionsToTxn,
        () => ({
          v3AndBelowTransactionalId: transactionalId,
          v3AndBelowProducerId: identity.producerId,
          v3AndBelowProducerEpoch: identity.producerEpoch,
          v3AndBelowTopics: topics.map(([name, numbers]) => ({ name, partitions: [...numbers.keys()] })),
        }),
        remaining,
      )
      const errorCodes = answer.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
        resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
      )
      return { errorCode: worstOf(errorCodes), result: undefined }
    })
  }

  /** Version 1: the offsets of the group become part of the transaction. */
  addOffsets(identity: ProducerIdentity, groupId: string, limit: TimeLimit): Promise<void> {
    const { transactionalId } = this.settings
    const operation = `adding the offsets of group ${groupId} to the transaction of ${transactionalId}`
    return this.ask(operation, limit, async (node, remaining) => {
      const answer = await this.cluster.request(
        { node, lane: 'main' },
        APIS.AddOffsetsToTxn,
        () => ({ transactionalId, groupId, ...identity }),
        remaining,
      )
      return { errorCode: answer.errorCode, result: undefined }
    })
  }

  /** Offsets that count once the transaction is committed. The group's coordinator checks member and generation. */
  commitOffsets(
    identity: ProducerIdentity,
    group: GroupIdentity,
    offsets: readonly OffsetToCommit[],
    ownEpochs: boolean,
    limit: TimeLimit,
  ): Promise<void> {
    const { transactionalId } = this.settings
    const { groupId } = group
    const topics = partitionsToCommit(offsets)
    const operation = `committing offsets of group ${groupId} in the transaction of ${transactionalId}`
    const attempt = async (remaining: TimeLimit): Promise<void> => {
      const node = await this.cluster.coordinator('group', groupId, remaining)
      const answer = await this.answered(
        this.cluster.request(
          { node, lane: 'main' },
          APIS.TxnOffsetCommit,
          () => ({ transactionalId, ...identity, ...group, topics }),
          remaining,
          ownEpochs ? {} : { maxVersion: LAST_OFFSET_COMMIT_VERSION_WITHOUT_OWN_EPOCHS },
        ),
      )
      const errorCodes = answer.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode))
      if (worstOf(errorCodes) !== ErrorCode.NONE) throw new KafkaError(worstOf(errorCodes), operation)
    }
    return this.cluster.retrying(
      operation,
      limit,
      remaining => this.afterMarkers(() => attempt(remaining), remaining),
      {
        kind: 'group',
        key: groupId,
      },
    )
  }

  /** The verdict. Returns who writes the next transaction: under version 2 that is always a new epoch. */
  end(
    identity: ProducerIdentity,
    verdict: 'commit' | 'abort',
    ownEpochs: boolean,
    limit: TimeLimit,
  ): Promise<ProducerIdentity> {
    const { transactionalId } = this.settings
    const operation = `${verdict === 'commit' ? 'committing' : 'aborting'} the transaction of ${transactionalId}`
    return this.ask(operation, limit, async (node, remaining) => {
      const answer = await this.cluster.request(
        { node, lane: 'main' },
        APIS.EndTxn,
        () => ({ transactionalId, ...identity, committed: verdict === 'commit' }),
        remaining,
        ownEpochs ? {} : { maxVersion: LAST_END_VERSION_WITHOUT_OWN_EPOCHS },
      )
      return { errorCode: answer.errorCode, result: answer.producerId >= 0 ? identityOf(answer) : identity }
    })
  }

  private ask<T>(
    operation: string,
    limit: TimeLimit,
    request: (node: Node, remaining: TimeLimit) => Promise<{ readonly errorCode: number; readonly result: T }>,
  ): Promise<T> {
    const key = this.settings.transactionalId
    const attempt = async (remaining: TimeLimit): Promise<T> => {
      const node = await this.cluster.coordinator('transaction', key, remaining)
      const { errorCode, result } = await this.answered(request(node, remaining))
      const versions = this.cluster.openConnection({ node, lane: 'main' })?.versions
      if (versions !== undefined)
        this.hasOwnEpochs = versions.finalizedLevelOf('transaction.version') >= OWN_EPOCHS_LEVEL
      if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode, operation)
      return result
    }
    return this.cluster.retrying(
      operation,
      limit,
      remaining => this.afterMarkers(() => attempt(remaining), remaining),
      {
        kind: 'transaction',
        key,
      },
    )
  }

  private async answered<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer
    } catch (error) {
      this.hasUnknownOutcome = true
      throw error
    }
  }

  /** Repeats `attempt` while the transaction before is still being ended, faster than failures are repeated. */
  private async afterMarkers<T>(attempt: () => Promise<T>, limit: TimeLimit): Promise<T> {
    const { clock, timers } = this.cluster.platform
    const deadlineMs = clock.monotonicMs() + limit.timeoutMs
    for (;;) {
      try {
        return await attempt()
      } catch (error) {
        const isConcurrent = error instanceof KafkaError && error.errorCode === ErrorCode.CONCURRENT_TRANSACTIONS
        if (!isConcurrent || clock.monotonicMs() + CONCURRENT_TRANSACTIONS_PAUSE_MS >= deadlineMs) throw error
        await timers.sleep(CONCURRENT_TRANSACTIONS_PAUSE_MS, limit.signal)
      }
    }
  }
}

function identityOf({ producerId, producerEpoch }: ProducerIdentity): ProducerIdentity {
  return { producerId, producerEpoch }
}

/** Of the parts of one answer: an error that says something about the part, before those that only follow from it. */
function worstOf(errorCodes: readonly number[]): number {
  const errors = errorCodes.filter(errorCode => errorCode !== ErrorCode.NONE)
  return errors.find(errorCode => errorCode !== ErrorCode.OPERATION_NOT_ATTEMPTED) ?? errors[0] ?? ErrorCode.NONE
}
