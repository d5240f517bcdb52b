/** Offsets by place or time (ListOffsets), asked of the leaders. */
import { APIS, ErrorCode, KafkaError } from '@millrace/protocol'
import type { TimeLimit } from '../connection/time-limit.ts'
import type { Cluster } from './cluster.ts'
import { ISOLATION_LEVELS, type IsolationLevel } from './isolation-level.ts'
import type { Node } from './metadata.ts'
import { nameOfPartition, type TopicPartition, TopicPartitionMap } from './topic-partition.ts'

/** What stands for a place in the timestamp field. */
const PLACES = { latest: -1, earliest: -2, maxTimestamp: -3 } as const
/** The first version that knows each place, where it is above the client's minimum. */
const FIRST_VERSION_WITH_MAX_TIMESTAMP = 7

/** A place in the log, or a time in ms: the first record at or after it. */
export type OffsetSpec = keyof typeof PLACES | number

export interface FoundOffset {
  /** Null if there is no such record. */
  readonly offset: number | null
  /** Of the record; null if none was looked at (earliest and latest). */
  readonly timestampMs: number | null
  readonly leaderEpoch: number
}

/** One attempt per leader, repeated as a whole for the partitions that are left. */
export async function lookUpOffsets(
  cluster: Cluster,
  specs: TopicPartitionMap<OffsetSpec>,
  isolation: IsolationLevel,
  limit: TimeLimit,
): Promise<TopicPartitionMap<FoundOffset>> {
  const found = new TopicPartitionMap<FoundOffset>()
  const topics = new Set([...specs.keys()].map(({ topic }) => topic))
  cluster.useTopics(topics)
  await cluster.retrying('looking up offsets', limit, async remaining => {
    for (const topic of topics) if (cluster.metadata.topic(topic) === undefined) await cluster.topic(topic, remaining)
    const byLeader = new Map<Node, TopicPartitionMap<OffsetSpec>>()
    for (const [at, spec] of specs) {
      if (found.has(at.topic, at.partition)) continue
      const leader = requireLeader(cluster, at)
      const others = byLeader.get(leader) ?? new TopicPartitionMap<OffsetSpec>()
      others.set(at.topic, at.partition, spec)
      byLeader.set(leader, others)
    }
    const outcomes = await Promise.allSettled(
      [...byLeader].map(([leader, asked]) => lookUpAt(cluster, leader, asked, isolation, remaining, found)),
    )
    for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  })
  return found
}

function requireLeader(cluster: Cluster, at: TopicPartition): Node {
  const leader = cluster.metadata.leaderOf(at.topic, at.partition)
  if (leader !== undefined) return leader
  const isKnown = cluster.metadata.partition(at.topic, at.partition) !== undefined
  throw new KafkaError(
    isKnown ? ErrorCode.LEADER_NOT_AVAILABLE : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    nameOfPartition(at),
  )
}

async function lookUpAt(
  cluster: Cluster,
  node: Node,
  asked: TopicPartitionMap<OffsetSpec>,
  isolation: IsolationLevel,
  limit: TimeLimit,
  found: TopicPartitionMap<FoundOffset>,
): Promise<void> {
  const answer = await cluster.request(
    { node, lane: 'main' },
    APIS.ListOffsets,
    version => ({
      replicaId: -1,
      isolationLevel: ISOLATION_LEVELS[isolation],
      topics: [...asked.byTopic()].map(([name, partitions]) => ({
        name,
        partitions: [...partitions].map(([partitionIndex, spec]) => {
          if (spec === 'maxTimestamp' && version < FIRST_VERSION_WITH_MAX_TIMESTAMP)
            throw new KafkaError(ErrorCode.UNSUPPORTED_VERSION, 'offsets by maximum timestamp need Kafka 3.0')
          return {
            partitionIndex,
            currentLeaderEpoch: cluster.metadata.partition(name, partitionIndex)?.leaderEpoch ?? -1,
            timestamp: typeof spec === 'number' ? spec : PLACES[spec],
          }
        }),
      })),
      timeoutMs: Math.ceil(limit.timeoutMs),
    }),
    limit,
  )
  let failure: KafkaError | undefined
  for (const { name, partitions } of answer.topics) {
    for (const { partitionIndex, errorCode, offset, timestamp, leaderEpoch } of partitions) {
      if (errorCode === ErrorCode.NONE)
        found.set(name, partitionIndex, {
          offset: offset < 0 ? null : offset,
          timestampMs: timestamp < 0 ? null : timestamp,
          leaderEpoch,
        })
      else failure ??= new KafkaError(errorCode, `${name}-${partitionIndex}`)
    }
  }
  if (failure !== undefined) throw failure
}
