import { APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { TopicPartition } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { callBrokers, callCoordinators, callLeaders, failureOf } from './resource-calls.ts'

/** Kafka's names of the states of a transactional id. */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort'
  | 'PrepareEpochFence'

export interface TransactionFilter {
  readonly states?: readonly TransactionState[] | undefined
  readonly producerIds?: readonly number[] | undefined
  /** Only those that have been open for longer than this (brokers from 3.8 on). */
  readonly minDurationMs?: number | undefined
  /** An RE2 expression for the transactional id (brokers from 4.1 on). */
  readonly transactionalIdPattern?: string | undefined
}

export interface TransactionListing {
  readonly transactionalId: string
  readonly producerId: number
  readonly state: TransactionState
}

export interface TransactionDescription {
  readonly transactionalId: string
  /** The broker that coordinates it. */
  readonly coordinatorId: number
  readonly state: TransactionState
  readonly producerId: number
  readonly producerEpoch: number
  readonly timeoutMs: number
  /** Null when no transaction is open. */
  readonly startTimeMs: number | null
  /** What the open transaction has written to. */
  readonly partitions: readonly TopicPartition[]
}

/** A transaction that a partition believes open, as `describeProducers` tells of it. */
export interface HangingTransaction extends TopicPartition {
  readonly producerId: number
  readonly producerEpoch: number
  readonly coordinatorEpoch: number
}

/** Every broker knows the transactions it coordinates. */
export async function listTransactions(
  cluster: Cluster,
  filter: TransactionFilter,
  limit: TimeLimit,
): Promise<TransactionListing[]> {
  await cluster.retrying('fetching metadata', limit, remaining => cluster.refreshMetadata(remaining))
  const brokerIds = cluster.metadata.nodes.map(({ nodeId }) => nodeId)
  const call = { operation: 'listing transactions', limit }
  const listings = await callBrokers<TransactionListing[]>(cluster, call, brokerIds, async (node, remaining) => {
    const { states = [], producerIds = [], minDurationMs, transactionalIdPattern } = filter
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.ListTransactions,
      () => ({
        stateFilters: states,
        producerIdFilters: producerIds,
        ...(minDurationMs === undefined ? {} : { durationFilter: minDurationMs }),
        ...(transactionalIdPattern === undefined ? {} : { transactionalIdPattern }),
      }),
      remaining,
    )
    if (answer.errorCode !== ErrorCode.NONE) return failureOf(answer.errorCode, 'listing transactions')
    return answer.transactionStates.map(({ transactionalId, producerId, transactionState }) => ({
      transactionalId,
      producerId,
      state: transactionState as TransactionState,
    }))
  })
  return [...listings.values()].flat()
}

/** By transactional id. An unknown one is a failure with code TRANSACTIONAL_ID_NOT_FOUND. */
export function describeTransactions(
  cluster: Cluster,
  transactionalIds: readonly string[],
  limit: TimeLimit,
): Promise<Map<string, TransactionDescription>> {
  const call = { operation: 'describing transactions', limit, kind: 'transaction' } as const
  return callCoordinators<TransactionDescription>(cluster, call, transactionalIds, async (id, node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DescribeTransactions,
      () => ({ transactionalIds: [id] }),
      remaining,
    )
    const [found] = answer.transactionStates
    const errorCode = found?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    if (found === undefined || errorCode !== ErrorCode.NONE) return failureOf(errorCode, `transactional id ${id}`)
    return {
      transactionalId: id,
      coordinatorId: node.nodeId,
      state: found.transactionState as TransactionState,
      producerId: found.producerId,
      producerEpoch: found.producerEpoch,
      timeoutMs: found.transactionTimeoutMs,
      startTimeMs: found.transactionStartTimeMs < 0 ? null : found.transactionStartTimeMs,
      partitions: found.topics.flatMap(({ topic, partitions }) => partitions.map(partition => ({ topic, partition }))),
    }
  })
}

/** Ends a transaction of which only one partition still knows: for those that hang for ever. */
export async function abortTransaction(cluster: Cluster, hanging: HangingTransaction, limit: TimeLimit): Promise<void> {
  const call = { operation: 'aborting a transaction', limit }
  await callLeaders<HangingTransaction, true>(cluster, call, [hanging], async (_asked, node, remaining) => {
    const { topic, partition, producerId, producerEpoch, coordinatorEpoch } = hanging
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.WriteTxnMarkers,
      () => ({
        markers: [
          {
            producerId,
            producerEpoch,
            transactionResult: false,
            topics: [{ name: topic, partitionIndexes: [partition] }],
            coordinatorEpoch,
          },
        ],
      }),
      remaining,
    )
    const written = answer.markers[0]?.topics[0]?.partitions[0]
    const errorCode = written?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
    const outcome = errorCode === ErrorCode.NONE || new KafkaError(errorCode, `transaction of producer ${producerId}`)
    return [[hanging, outcome]]
  })
}
