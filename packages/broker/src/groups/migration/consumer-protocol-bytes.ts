/** What consumers of classic groups put into JoinGroup and get from SyncGroup, for a broker that takes part in it. */
import {
  ConsumerProtocolAssignment,
  ConsumerProtocolSubscription,
  consumerProtocolVersion,
  decodeConsumerProtocol,
  encodeConsumerProtocol,
  MalformedMessageError,
} from '@millrace/protocol'
import type { Protocol } from '../classic/classic-group.ts'
import type { OwnedPartitions, TopicPartitions } from '../consumer/owned-partitions.ts'
import { rowsOf } from '../consumer/owned-partitions.ts'
import type { TopicCatalogue } from '../consumer/topic-catalogue.ts'

/** Undefined for bytes that are no subscription. */
export function subscriptionIn(metadata: Buffer): ConsumerProtocolSubscription | undefined {
  return decodeOrUndefined(() => decodeConsumerProtocol(ConsumerProtocolSubscription, metadata))
}

/** Undefined for bytes that are no assignment. No bytes at all are one: the member has never synced. */
export function assignmentIn(bytes: Buffer): ConsumerProtocolAssignment | undefined {
  if (bytes.length === 0) return { assignedPartitions: [], userData: null }
  return decodeOrUndefined(() => decodeConsumerProtocol(ConsumerProtocolAssignment, bytes))
}

/** Topics by name to topics by id; those that do not exist any more are left out. */
export function byTopicId(
  rows: readonly { readonly topic: string; readonly partitions: readonly number[] }[],
  catalogue: TopicCatalogue,
): TopicPartitions[] {
  return rows.flatMap(({ topic, partitions }) => {
    const known = catalogue.topics.get(topic)
    return known === undefined ? [] : [{ topicId: known.id, partitions }]
  })
}

/** In the version of the protocol that the member writes itself. */
export function assignmentBytes(
  partitions: OwnedPartitions | ReadonlyMap<string, ReadonlySet<number>>,
  protocol: Protocol,
  catalogue: TopicCatalogue,
): Buffer {
  const assignedPartitions = rowsOf(partitions).flatMap(({ topicId, partitions: own }) => {
    const known = catalogue.topicById(topicId)
    return known === undefined ? [] : [{ topic: known.name, partitions: own }]
  })
  const version = consumerProtocolVersion(protocol.metadata)
  return encodeConsumerProtocol(ConsumerProtocolAssignment, { assignedPartitions }, version)
}

function decodeOrUndefined<Decoded>(decode: () => Decoded): Decoded | undefined {
  try {
    return decode()
  } catch (error) {
    if (error instanceof MalformedMessageError) return undefined
    throw error
  }
}
