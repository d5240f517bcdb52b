import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { ProducerRecord } from '../producer/producer-record.ts'

/** A stack would make records larger than their topic takes. */
const MAX_REASON_CHARACTERS = 4_096

/** The failed record as it was, with headers that say where it came from and what went wrong (SmallRye's names). */
export function deadLetter(record: ConsumerRecord, error: unknown, topic: string): ProducerRecord {
  const { key, value, timestampMs, headers } = record
  const cause = error instanceof Error ? error.cause : undefined
  return {
    topic: topic || `dead-letter-topic-${record.topic}`,
    key,
    value,
    timestampMs: Math.max(timestampMs, 0),
    headers: [
      ...headers,
      header('dead-letter-topic', record.topic),
      header('dead-letter-partition', String(record.partition)),
      header('dead-letter-offset', String(record.offset)),
      header('dead-letter-exception-class-name', className(error)),
      header('dead-letter-reason', reasonOf(error)),
      ...(cause === undefined
        ? []
        : [header('dead-letter-cause-class-name', className(cause)), header('dead-letter-cause', reasonOf(cause))]),
    ],
  }
}

function header(key: string, value: string) {
  return { key, value }
}

function className(error: unknown): string {
  return error instanceof Error ? error.constructor.name : typeof error
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, MAX_REASON_CHARACTERS)
}
