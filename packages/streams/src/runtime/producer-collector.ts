import { type AppendedRange, nameOfPartition, type Producer, type SendListener } from '@millrace/client'
import type { MillraceError } from '@millrace/protocol'
import type { RecordHeaders } from '../processor/record.ts'
import type { RecordCollector } from '../task/record-collector.ts'
import type { HandlerResponse } from '../task/task.ts'
import { ProductionError } from './runtime-errors.ts'

/** `continue` leaves the record out, `fail` ends the application. */
export type ProductionExceptionHandler = (failure: ProductionFailure) => HandlerResponse
export interface ProductionFailure {
  readonly topic: string
  /** −1 when the record never got a partition. */
  readonly partition: number
  /** Neighbours in a batch fail together. */
  readonly recordCount: number
  readonly error: MillraceError
}

/**
 * Sends what tasks make through the producer of their thread, and remembers how far each changelog is acknowledged.
 * A send never waits: when the producer's buffer is full, `isFull` asks the thread to let it drain before it goes on.
 */
export class ProducerCollector implements RecordCollector, SendListener {
  readonly #producer: Producer
  readonly #partitionCounts: ReadonlyMap<string, number>
  /** By partition name: the offset behind the last acknowledged record. */
  readonly #acknowledged = new Map<string, number>()
  readonly #handler: ProductionExceptionHandler
  #isFull = false
  #failure: ProductionError | undefined

  constructor(producer: Producer, partitionCounts: ReadonlyMap<string, number>, handler: ProductionExceptionHandler) {
    this.#producer = producer
    this.#partitionCounts = partitionCounts
    this.#handler = handler
  }

  /** Wait for the producer's room before more is processed. */
  get isFull(): boolean {
    return this.#isFull
  }

  send(
    topic: string,
    partition: number | null,
    key: Uint8Array | null,
    value: Uint8Array | null,
    timestampMs: number,
    headers: RecordHeaders,
  ): void {
    const record = { topic, partition: partition ?? undefined, key, value, timestampMs, headers }
    if (!this.#producer.enqueue(record, this)) this.#isFull = true
  }

  partitionCount(topic: string): number | undefined {
    return this.#partitionCounts.get(topic)
  }

  /** Undefined when nothing was acknowledged, or where nobody knows. */
  endOffset(topic: string, partition: number): number | undefined {
    return this.#acknowledged.get(nameOfPartition({ topic, partition }))
  }

  /** A task that has this changelog starts anew: what was acknowledged to an earlier one may not hold any more. */
  forget(topic: string, partition: number): void {
    this.#acknowledged.delete(nameOfPartition({ topic, partition }))
  }

  /** Waits until the buffer has room again. Throws as `flush`. */
  async drain(): Promise<void> {
    await this.#producer.room()
    this.#isFull = false
    this.throwFailure()
  }

  /** Resolves when all that was sent is acknowledged. Throws the {@link ProductionError} of a record that was refused. */
  async flush(): Promise<void> {
    await this.#producer.flush()
    this.#isFull = false
    this.throwFailure()
  }

  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  acknowledged({ topic, partition, baseOffset, recordCount }: AppendedRange): void {
    if (baseOffset >= 0) this.#acknowledged.set(nameOfPartition({ topic, partition }), baseOffset + recordCount)
  }

  failed(error: MillraceError, records: { topic: string; partition: number; recordCount: number }): void {
    if (this.#handler({ ...records, error }) === 'continue') return
    this.#failure ??= new ProductionError(records.topic, records.partition, error)
  }
}
