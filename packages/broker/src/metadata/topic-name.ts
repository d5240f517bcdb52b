/**
 * Kafka's rules for topic names (`org.apache.kafka.common.internals.Topic`). A name is also a directory name, so nothing
 * else may reach the file system.
 */
const MAX_TOPIC_NAME_LENGTH = 249

export const METADATA_TOPIC = '__cluster_metadata'
export const OFFSETS_TOPIC = '__consumer_offsets'
export const TRANSACTIONS_TOPIC = '__transaction_state'

/** Written only by the broker itself. */
export const INTERNAL_TOPICS: ReadonlySet<string> = new Set([OFFSETS_TOPIC, TRANSACTIONS_TOPIC])

/** What is wrong with the name (answer INVALID_TOPIC_EXCEPTION), undefined if nothing. */
export function topicNameProblem(name: string): string | undefined {
  if (name === '') return 'the topic name is empty'
  if (name === '.' || name === '..') return `a topic cannot be named "${name}"`
  if (name.length > MAX_TOPIC_NAME_LENGTH)
    return `the topic name has ${name.length} characters, more than ${MAX_TOPIC_NAME_LENGTH}`
  if (!/^[a-zA-Z0-9._-]+$/.test(name)) return 'a topic name may hold only ASCII letters, digits, ".", "_" and "-"'
  return undefined
}

/** Names that differ only in `.` and `_` give the same metric names and may not exist side by side. */
export function collisionKey(name: string): string {
  return name.replaceAll('.', '_')
}
