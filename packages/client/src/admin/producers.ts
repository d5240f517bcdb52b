/** Producers that partitions know, and producers that are shut out. */
import { APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { nameOfPartition, type TopicPartition, type TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { callCoordinators, callLeaders, failureOf } from './resource-calls.ts'

const NONE = -1
/** Of the transaction that fencing never begins; brokers refuse it above `transaction.max.timeout.ms`. */
const TRANSACTION_TIMEOUT_MS = 60_000

export interface ProducerState {
  readonly producerId: number
  readonly producerEpoch: number
  /** Sequence of the last record; null if it is not known. */
  readonly lastSequence: number | null
  readonly lastTimestampMs: number
  /** Of the coordinator that last ended a transaction of this producer here; null if none did. */
  readonly coordinatorEpoch: number | null
  /** Where its open transaction begins; null without one. */
  readonly currentTransactionStartOffset: number | null
}

export function describeProducers(
  cluster: Cluster,
  partitions: readonly TopicPartition[],
  limit: TimeLimit,
): Promise<TopicPartitionMap<readonly ProducerState[]>> {
  const call = { operation: 'describing producers', limit }
  return callLeaders<TopicPartition, readonly ProducerState[]>(cluster, call, partitions, async (asked, node, left) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DescribeProducers,
      () => ({
        topics: [...asked.byTopic()].map(([name, ofTopic]) => ({ name, partitionIndexes: [...ofTopic.keys()] })),
      }),
      left,
    )
    return answer.topics.flatMap(({ name: topic, partitions: described }) =>
      described.map(({ partitionIndex: partition, errorCode, errorMessage, activeProducers }) => {
        const at = { topic, partition }
        if (errorCode !== ErrorCode.NONE) return [at, failureOf(errorCode, nameOfPartition(at), errorMessage)] as const
        const producers = activeProducers.map(producer => ({
          producerId: producer.producerId,
          producerEpoch: producer.producerEpoch,
          lastSequence: orNull(producer.lastSequence),
          lastTimestampMs: producer.lastTimestamp,
          coordinatorEpoch: orNull(producer.coordinatorEpoch),
          currentTransactionStartOffset: orNull(producer.currentTxnStartOffset),
        }))
        return [at, producers] as const
      }),
    )
  })
}

function orNull(value: number): number | null {
  return value === NONE ? null : value
}

/** What a producer under the transactional id gets from now on. */
export interface FencedProducer {
  readonly producerId: number
  readonly producerEpoch: number
}

/**
 * Raises the epochs of these transactional ids: producers that use them fail from now on, their open transactions are
 * aborted. By transactional id.
 */
export function fenceProducers(
  cluster: Cluster,
  transactionalIds: readonly string[],
  limit: TimeLimit,
): Promise<Map<string, FencedProducer>> {
  const call = { operation: 'fencing producers', limit, kind: 'transaction' } as const
  return callCoordinators<FencedProducer>(cluster, call, transactionalIds, async (transactionalId, node, remaining) => {
    const { errorCode, producerId, producerEpoch } = await cluster.request(
      { node, lane: 'main' },
      APIS.InitProducerId,
      () => ({ transactionalId, transactionTimeoutMs: TRANSACTION_TIMEOUT_MS }),
      remaining,
    )
    if (errorCode === ErrorCode.NONE) return { producerId, producerEpoch }
    // The open transaction is being aborted: worth another attempt.
    if (errorCode === ErrorCode.CONCURRENT_TRANSACTIONS) throw new KafkaError(errorCode, transactionalId)
    return failureOf(errorCode, `transactional id ${transactionalId}`)
  })
}
