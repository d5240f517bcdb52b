/**
 * What members of a classic group tell each other through the coordinator, which does not look at it: an int16 version,
 * then subscription or assignment. A newer version is read as the newest known, as Kafka's clients do.
 */
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  decode,
  encodeWithVersion,
  MalformedMessageError,
  type Message,
} from '@millrace/protocol'
import type { TopicPartition } from '../../../cluster/topic-partition.ts'
import type { GroupMember } from '../assignors/assignor.ts'

const VERSION_BYTES = 2

export function encodeSubscription(member: Omit<GroupMember, 'memberId' | 'groupInstanceId'>): Buffer {
  const { topics, userData, ownedPartitions, generationId, rackId } = member
  const version = ConsumerProtocolSubscription.versions.max
  const owned = byTopic(ownedPartitions)
  return encodeWithVersion(
    ConsumerProtocolSubscription,
    { topics: [...topics].sort(), userData, ownedPartitions: owned, generationId, rackId },
    version,
  )
}

export function decodeSubscription(memberId: string, groupInstanceId: string | null, bytes: Buffer): GroupMember {
  const { topics, userData, ownedPartitions, generationId, rackId } = decodeVersioned(
    ConsumerProtocolSubscription,
    bytes,
  )
  return {
    memberId,
    groupInstanceId,
    topics,
    userData,
    ownedPartitions: flatten(ownedPartitions),
    generationId,
    rackId,
  }
}

export function encodeAssignment(partitions: readonly TopicPartition[]): Buffer {
  const assignedPartitions = byTopic(partitions)
  return encodeWithVersion(ConsumerProtocolAssignment, { assignedPartitions }, ConsumerProtocolAssignment.versions.max)
}

/** No bytes are no partitions: what a member gets that the leader did not know. */
export function decodeAssignment(bytes: Buffer): TopicPartition[] {
  return bytes.length === 0 ? [] : flatten(decodeVersioned(ConsumerProtocolAssignment, bytes).assignedPartitions)
}

function decodeVersioned<Out>(message: Message<Out, unknown>, bytes: Buffer): Out {
  const version = bytes.length < VERSION_BYTES ? -1 : bytes.readInt16BE(0)
  if (version < 0) throw new MalformedMessageError(message.name, version, '', 'it has no version')
  return decode(message, bytes.subarray(VERSION_BYTES), Math.min(version, message.versions.max))
}

function byTopic(partitions: readonly TopicPartition[]): { topic: string; partitions: number[] }[] {
  const topics = new Map<string, number[]>()
  for (const { topic, partition } of partitions) {
    const numbers = topics.get(topic)
    if (numbers === undefined) topics.set(topic, [partition])
    else numbers.push(partition)
  }
  return [...topics].map(([topic, numbers]) => ({ topic, partitions: numbers }))
}

function flatten(topics: readonly { topic: string; partitions: readonly number[] }[]): TopicPartition[] {
  return topics.flatMap(({ topic, partitions }) => partitions.map(partition => ({ topic, partition })))
}
