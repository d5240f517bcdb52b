import { mergeMap, type OperatorFunction } from 'rxjs'
import type { Producer } from '../producer/producer.ts'
import type { ProducerRecord, RecordMetadata } from '../producer/producer-record.ts'

/** Sends that wait for their answer at once; what the source emits beyond waits in the operator. */
const DEFAULT_IN_FLIGHT = 500

export interface Delivered<T> {
  readonly value: T
  readonly metadata: RecordMetadata
}

export interface ToTopicOptions<T> {
  readonly record: (value: T) => ProducerRecord
  readonly maxInFlight?: number | undefined
}

/**
 * Sends a record for each value and emits the value when the broker has it. Errors with what `send` rejects with. Sends in
 * the order of the source, so records of a partition keep it. The caller closes the producer.
 */
export function toTopic<T>(producer: Producer, options: ToTopicOptions<T>): OperatorFunction<T, Delivered<T>> {
  const { record, maxInFlight = DEFAULT_IN_FLIGHT } = options
  return mergeMap(async value => ({ value, metadata: await producer.send(record(value)) }), maxInFlight)
}
