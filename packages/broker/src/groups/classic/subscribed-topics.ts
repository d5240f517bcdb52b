import { ConsumerProtocolSubscription, decodeConsumerProtocol, MalformedMessageError } from '@millrace/protocol'
import { type ClassicGroup, metadataOf } from './classic-group.ts'

/** Topics that members of a consumer group read; null when that is unknown because the members speak something else. */
export function subscribedTopics(group: ClassicGroup): ReadonlySet<string> | null {
  if (group.protocolType !== 'consumer') return null
  if (group.members.size > 0 && group.protocolName === null) return null
  const topics = new Set<string>()
  for (const member of group.members.values()) {
    const subscription = subscriptionIn(metadataOf(member, group.protocolName))
    if (subscription === null) return null
    for (const topic of subscription) topics.add(topic)
  }
  return topics
}

/** Null for bytes that are no consumer subscription: the broker never interprets what it need not. */
function subscriptionIn(metadata: Buffer): readonly string[] | null {
  try {
    return decodeConsumerProtocol(ConsumerProtocolSubscription, metadata).topics
  } catch (error) {
    if (error instanceof MalformedMessageError) return null
    throw error
  }
}
