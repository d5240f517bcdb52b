import { compileNamePattern } from '../../metadata/name-pattern.ts'

/** The pattern of a subscription (KIP-848). Throws KafkaError INVALID_REGULAR_EXPRESSION. */
export function compileTopicPattern(pattern: string): (topicName: string) => boolean {
  return compileNamePattern(pattern, 'SubscribedTopicRegex')
}
