/** Produce requests, and their answers by partition. */
import type { InputOf, ProduceRequest, ProduceResponse } from '@millrace/protocol'
import type { Metadata } from '../cluster/metadata.ts'
import { TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { Acks } from './producer-config.ts'

/** Versions from here on name topics by id. */
const FIRST_VERSION_WITH_TOPIC_IDS = 13
const WIRE_ACKS = { all: -1, 0: 0, 1: 1 } as const

export type PartitionAnswer = ProduceResponse['responses'][number]['partitionResponses'][number]

export interface BuiltProduceRequest {
  readonly build: () => InputOf<typeof ProduceRequest>
  /** Undefined: any. */
  readonly maxVersion: number | undefined
  /** Answers by partition, whichever way they name the topics. */
  read(answer: ProduceResponse): TopicPartitionMap<PartitionAnswer>
}

export interface ProduceSettings {
  readonly acks: Acks
  readonly requestTimeoutMs: number
  readonly transactionalId: string | null
  readonly maxVersion: number | undefined
}

export function produceRequest(
  batches: readonly ProducerBatch[],
  metadata: Metadata,
  settings: ProduceSettings,
): BuiltProduceRequest {
  const byTopic = new Map<string, { index: number; records: Buffer }[]>()
  for (const batch of batches) {
    const data = { index: batch.partition, records: batch.encoded() }
    const partitions = byTopic.get(batch.topic)
    if (partitions === undefined) byTopic.set(batch.topic, [data])
    else partitions.push(data)
  }
  const topicNames = new Map<string, string>()
  const topicData = [...byTopic].map(([name, partitionData]) => {
    const topicId = metadata.topic(name)?.topicId ?? undefined
    if (topicId !== undefined) topicNames.set(topicId, name)
    return { name, topicId, partitionData }
  })
  const canUseIds = topicData.every(({ topicId }) => topicId !== undefined)
  return {
    build: () => ({
      transactionalId: settings.transactionalId,
      acks: WIRE_ACKS[settings.acks],
      timeoutMs: settings.requestTimeoutMs,
      topicData,
    }),
    maxVersion: settings.maxVersion ?? (canUseIds ? undefined : FIRST_VERSION_WITH_TOPIC_IDS - 1),
    read(answer) {
      const answers = new TopicPartitionMap<PartitionAnswer>()
      for (const topic of answer.responses)
        for (const partition of topic.partitionResponses)
          answers.set(topic.name || (topicNames.get(topic.topicId) ?? ''), partition.index, partition)
      return answers
    },
  }
}
