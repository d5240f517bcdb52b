/** Fetch requests, and their answers by partition. */
import type { FetchResponse } from '@millrace/protocol'
import type { Metadata } from '../cluster/metadata.ts'
import { TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { FetchTopics } from './fetch-session.ts'

/** Versions from here on name topics by id. */
const FIRST_VERSION_WITH_TOPIC_IDS = 13

export type PartitionAnswer = FetchResponse['responses'][number]['partitions'][number]

/** A partition in a request, as it was then. */
export interface AskedPartition {
  readonly assigned: AssignedPartition
  readonly fetchOffset: number
  /** Of the assignment; see `AssignedPartition.epoch`. */
  readonly epoch: number
  /** That the client knows, −1 for none. */
  readonly leaderEpoch: number
}

export interface FetchQuestion {
  readonly topics: FetchTopics
  /** Undefined: any. */
  readonly maxVersion: number | undefined
  /** Answers by partition, whichever way they name the topics. */
  read(answer: FetchResponse): TopicPartitionMap<PartitionAnswer>
}

/** A broker fills its answer in the order of `asked`. */
export function fetchQuestion(
  asked: readonly AskedPartition[],
  metadata: Metadata,
  partitionMaxBytes: number,
): FetchQuestion {
  const byTopic = new Map<string, AskedPartition[]>()
  for (const one of asked) {
    const others = byTopic.get(one.assigned.topic)
    if (others === undefined) byTopic.set(one.assigned.topic, [one])
    else others.push(one)
  }
  const topicNames = new Map<string, string>()
  const topics = [...byTopic].map(([topic, partitions]) => {
    const topicId = metadata.topic(topic)?.topicId ?? undefined
    if (topicId !== undefined) topicNames.set(topicId, topic)
    return {
      topic,
      topicId,
      partitions: partitions.map(({ assigned: { partition }, fetchOffset, leaderEpoch }) => ({
        partition,
        currentLeaderEpoch: leaderEpoch,
        fetchOffset,
        partitionMaxBytes,
      })),
    }
  })
  const canUseIds = topics.every(({ topicId }) => topicId !== undefined)
  return {
    topics,
    maxVersion: canUseIds ? undefined : FIRST_VERSION_WITH_TOPIC_IDS - 1,
    read(answer) {
      const answers = new TopicPartitionMap<PartitionAnswer>()
      for (const topic of answer.responses) {
        const name = topic.topic || (topicNames.get(topic.topicId) ?? '')
        for (const partition of topic.partitions) answers.set(name, partition.partitionIndex, partition)
      }
      return answers
    },
  }
}
