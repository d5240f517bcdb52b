import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import type { ProducerRecord, ProducerRecordHeader } from '../producer/producer-record.ts'

/** How records carry a trace from the one who sends them to the one who handles them. */
export interface Tracing {
  /** A record goes out. */
  sending(record: ProducerRecord): SentTrace
  /** Calls `handle` in the trace that the record came in; what it returns or throws goes through. */
  handling<T>(record: ConsumerRecord, groupId: string, handle: () => T): T
}

export interface SentTrace {
  /** To be added to those of the record. */
  readonly headers: readonly ProducerRecordHeader[]
  /** Called once, when the outcome is known. */
  end(error: Error | undefined): void
}
