/** Brokers, and who keeps the metadata (KIP-700, KIP-836). */
import { APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/metadata.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { type AclOperation, authorizedOperations } from './acl-operations.ts'
import { callOnce, failureOf } from './resource-calls.ts'

const METADATA_TOPIC = '__cluster_metadata'

export interface ClusterDescription {
  readonly clusterId: string
  /** −1 if unknown. With KRaft it is some broker that passes requests on. */
  readonly controllerId: number
  readonly nodes: readonly Node[]
  /** Null unless asked for. */
  readonly authorizedOperations: readonly AclOperation[] | null
}

export interface QuorumReplica {
  readonly replicaId: number
  readonly logEndOffset: number
  /** When it fetched last, by the clock of the leader; null if unknown. */
  readonly lastFetchTimestampMs: number | null
  /** When the leader had appended what the replica has; null if unknown. */
  readonly lastCaughtUpTimestampMs: number | null
}

/** The controllers that keep the metadata log, and the brokers that follow it. */
export interface QuorumInfo {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: readonly QuorumReplica[]
  readonly observers: readonly QuorumReplica[]
}

export function describeCluster(
  cluster: Cluster,
  includeAuthorizedOperations: boolean,
  limit: TimeLimit,
): Promise<ClusterDescription> {
  return cluster.retrying('describing the cluster', limit, async remaining => {
    const answer = await cluster.requestAny(
      APIS.DescribeCluster,
      () => ({ includeClusterAuthorizedOperations: includeAuthorizedOperations }),
      remaining,
    )
    const { errorCode, errorMessage, clusterId, controllerId, brokers } = answer
    if (errorCode !== ErrorCode.NONE) throw new KafkaError(errorCode, errorMessage ?? 'describing the cluster')
    const nodes = brokers.map(({ brokerId, host, port, rack }) => ({ nodeId: brokerId, host, port, rack }))
    const operations = authorizedOperations(answer.clusterAuthorizedOperations)
    return { clusterId, controllerId, nodes, authorizedOperations: operations }
  })
}

/** Makes the cluster forget a broker that is gone for good. */
export async function unregisterBroker(cluster: Cluster, brokerId: number, limit: TimeLimit): Promise<void> {
  await callOnce<true>(cluster, 'unregistering a broker', limit, async (node, remaining) => {
    const answer = await cluster.request({ node, lane: 'main' }, APIS.UnregisterBroker, () => ({ brokerId }), remaining)
    const { errorCode, errorMessage } = answer
    return errorCode === ErrorCode.NONE || failureOf(errorCode, `broker ${brokerId}`, errorMessage)
  })
}

export function describeMetadataQuorum(cluster: Cluster, limit: TimeLimit): Promise<QuorumInfo> {
  return callOnce(cluster, 'describing the quorum', limit, async (node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DescribeQuorum,
      () => ({ topics: [{ topicName: METADATA_TOPIC, partitions: [{ partitionIndex: 0 }] }] }),
      remaining,
    )
    const partition = answer.topics[0]?.partitions[0]
    const failed = [answer, partition].find(row => row !== undefined && row.errorCode !== ErrorCode.NONE)
    if (failed !== undefined) return failureOf(failed.errorCode, 'describing the quorum', failed.errorMessage)
    if (partition === undefined) return failureOf(ErrorCode.UNKNOWN_SERVER_ERROR, 'describing the quorum')
    const { leaderId, leaderEpoch, highWatermark, currentVoters, observers } = partition
    return {
      leaderId,
      leaderEpoch,
      highWatermark,
      voters: currentVoters.map(quorumReplica),
      observers: observers.map(quorumReplica),
    }
  })
}

interface ReplicaRow {
  readonly replicaId: number
  readonly logEndOffset: number
  readonly lastFetchTimestamp: number
  readonly lastCaughtUpTimestamp: number
}
function quorumReplica({
  replicaId,
  logEndOffset,
  lastFetchTimestamp,
  lastCaughtUpTimestamp,
}: ReplicaRow): QuorumReplica {
  return {
    replicaId,
    logEndOffset,
    lastFetchTimestampMs: lastFetchTimestamp < 0 ? null : lastFetchTimestamp,
    lastCaughtUpTimestampMs: lastCaughtUpTimestamp < 0 ? null : lastCaughtUpTimestamp,
  }
}
