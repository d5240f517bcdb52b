import { Observable } from 'rxjs'
import type { ConsumerRecord } from '../consumer/consumer-record.ts'
import { RecordProcessor, type RecordProcessorOptions } from '../processing/record-processor.ts'

/** Emitted and not acknowledged, if it has to be: above this nothing more is emitted. */
const DEFAULT_UNACKNOWLEDGED = 500

export interface ReceivedRecord {
  readonly record: ConsumerRecord
  /** The record is done: the commit strategy may commit it. Idempotent. */
  acknowledge(): void
  /** The record cannot be processed: the failure strategy decides. */
  fail(error: unknown): void
}

export interface FromTopicOptions extends Omit<RecordProcessorOptions, 'handler' | 'ordering' | 'concurrency'> {
  /**
   * `emitted`: a record is done when the subscriber's `next` returns, which suits pipelines without asynchronous steps.
   * `explicit` (default): when the subscriber acknowledges it.
   */
  readonly acknowledgement?: 'emitted' | 'explicit' | undefined
  /** Records that may be emitted and not acknowledged yet; 500 by default. What bounds the memory of the pipeline. */
  readonly maxUnacknowledged?: number | undefined
}

/**
 * The records of topics, as a member of a group. Cold: each subscription has a consumer of its own, which it closes at
 * the end. Never completes; errors with what ends a {@link RecordProcessor}. Records of a partition come in order; the
 * next are fetched when half of those before are acknowledged.
 */
export function fromTopic(options: FromTopicOptions): Observable<ReceivedRecord> {
  const { acknowledgement = 'explicit', maxUnacknowledged = DEFAULT_UNACKNOWLEDGED, ...rest } = options
  return new Observable(subscriber => {
    const handler = (record: ConsumerRecord) =>
      new Promise<void>((resolve, reject) => {
        subscriber.next({ record, acknowledge: resolve, fail: reject })
        if (acknowledgement === 'emitted') resolve()
      })
    const processor = new RecordProcessor({ ...rest, handler, ordering: 'none', concurrency: maxUnacknowledged })
    processor.run().catch((error: unknown) => subscriber.error(error))
    return () => void processor.close()
  })
}
