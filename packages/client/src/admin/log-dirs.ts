/** Data directories of brokers, and which of them hold which replicas (KIP-113). */
import { APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { TimeLimit } from '../connection/time-limit.ts'
import { FailedResourcesError } from './admin-errors.ts'
import { callBrokers, failureOf } from './resource-calls.ts'

export interface ReplicaInLogDir {
  readonly sizeBytes: number
  /** How far it lags: a replica behind the high watermark, one that is being moved behind the one it replaces. */
  readonly offsetLag: number
  /** It is a copy that will take the place of the replica in another directory. */
  readonly isFuture: boolean
}

export interface LogDirDescription {
  /** Why the directory is out of service; null if it is not. */
  readonly error: KafkaError | null
  readonly replicas: TopicPartitionMap<ReplicaInLogDir>
  /** Of the volume; null if the broker does not say. */
  readonly totalBytes: number | null
  readonly usableBytes: number | null
}

export interface TopicPartitionReplica extends TopicPartition {
  readonly brokerId: number
}

export interface ReplicaPlacement extends TopicPartitionReplica {
  /** An absolute path, one of the broker's `log.dirs`. */
  readonly path: string
}

export interface ReplicaLogDirDescription extends TopicPartitionReplica {
  /** Null if the broker has no such replica. */
  readonly currentPath: string | null
  readonly currentOffsetLag: number
  /** Where the replica is being moved to; null if it stays. */
  readonly futurePath: string | null
  readonly futureOffsetLag: number
}

/** By broker, then by path. */
export function describeLogDirs(
  cluster: Cluster,
  brokerIds: readonly number[],
  partitions: readonly TopicPartition[] | null,
  limit: TimeLimit,
): Promise<Map<number, Map<string, LogDirDescription>>> {
  const call = { operation: 'describing log directories', limit }
  const wanted = partitions && TopicPartitionMap.from(partitions.map(partition => [partition, true]))
  return callBrokers<Map<string, LogDirDescription>>(cluster, call, brokerIds, async (node, remaining) => {
    const answer = await cluster.request(
      { node, lane: 'main' },
      APIS.DescribeLogDirs,
      () => ({
        topics: wanted && [...wanted.byTopic()].map(([topic, ofTopic]) => ({ topic, partitions: [...ofTopic.keys()] })),
      }),
      remaining,
    )
    if (answer.errorCode !== ErrorCode.NONE) return failureOf(answer.errorCode, `broker ${node.nodeId}`)
    return new Map(answer.results.map(directory => [directory.logDir, described(directory)]))
  })
}

interface DirectoryAnswer {
  readonly errorCode: number
  readonly logDir: string
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly partitionSize: number
      readonly offsetLag: number
      readonly isFutureKey: boolean
    }[]
  }[]
  readonly totalBytes: number
  readonly usableBytes: number
}

function described({ errorCode, logDir, topics, totalBytes, usableBytes }: DirectoryAnswer): LogDirDescription {
  const replicas = new TopicPartitionMap<ReplicaInLogDir>()
  for (const { name, partitions } of topics)
    for (const { partitionIndex, partitionSize, offsetLag, isFutureKey } of partitions)
      replicas.set(name, partitionIndex, { sizeBytes: partitionSize, offsetLag, isFuture: isFutureKey })
  return {
    error: errorCode === ErrorCode.NONE ? null : new KafkaError(errorCode, logDir),
    replicas,
    totalBytes: totalBytes < 0 ? null : totalBytes,
    usableBytes: usableBytes < 0 ? null : usableBytes,
  }
}

/** In the order of the replicas. */
export async function describeReplicaLogDirs(
  cluster: Cluster,
  replicas: readonly TopicPartitionReplica[],
  limit: TimeLimit,
): Promise<ReplicaLogDirDescription[]> {
  const brokerIds = [...new Set(replicas.map(({ brokerId }) => brokerId))]
  const byBroker = await describeLogDirs(cluster, brokerIds, replicas, limit)
  return replicas.map(({ topic, partition, brokerId }) => {
    const holding = [...byBroker.get(brokerId)!].flatMap(([path, directory]) => {
      const replica = directory.replicas.get(topic, partition)
      return replica === undefined ? [] : [{ path, ...replica }]
    })
    const current = holding.find(({ isFuture }) => !isFuture)
    const future = holding.find(({ isFuture }) => isFuture)
    return {
      topic,
      partition,
      brokerId,
      currentPath: current?.path ?? null,
      currentOffsetLag: current?.offsetLag ?? -1,
      futurePath: future?.path ?? null,
      futureOffsetLag: future?.offsetLag ?? -1,
    }
  })
}

/** Begins to move replicas to other directories of their brokers. Failures are named `<topic>-<partition>-<broker>`. */
export async function alterReplicaLogDirs(
  cluster: Cluster,
  placements: readonly ReplicaPlacement[],
  limit: TimeLimit,
): Promise<void> {
  const operation = 'moving replicas between log directories'
  const brokerIds = [...new Set(placements.map(({ brokerId }) => brokerId))]
  const outcomes = await callBrokers<Map<string, KafkaError | true>>(
    cluster,
    { operation, limit },
    brokerIds,
    async (node, left) => {
      const answer = await cluster.request(
        { node, lane: 'main' },
        APIS.AlterReplicaLogDirs,
        () => ({ dirs: directoriesOf(placements.filter(({ brokerId }) => brokerId === node.nodeId)) }),
        left,
      )
      return new Map(
        answer.results.flatMap(({ topicName: topic, partitions }) =>
          partitions.map(({ partitionIndex: partition, errorCode }) => {
            const name = `${nameOfPartition({ topic, partition })}-${node.nodeId}`
            return [name, errorCode === ErrorCode.NONE || failureOf(errorCode, name)] as const
          }),
        ),
      )
    },
  )
  const failures = new Map<string, KafkaError>()
  for (const ofBroker of outcomes.values())
    for (const [name, outcome] of ofBroker) if (outcome !== true) failures.set(name, outcome)
  if (failures.size > 0) throw new FailedResourcesError(operation, failures)
}

function directoriesOf(placements: readonly ReplicaPlacement[]) {
  const paths = [...new Set(placements.map(({ path }) => path))]
  return paths.map(path => {
    const inPath = placements.filter(placement => placement.path === path)
    const byTopic = TopicPartitionMap.from(inPath.map(placement => [placement, true]))
    const topics = [...byTopic.byTopic()].map(([name, partitions]) => ({ name, partitions: [...partitions.keys()] }))
    return { path, topics }
  })
}
