import {
  type BatchCodecs,
  type BatchOptions,
  type MillraceError,
  type NewRecord,
  RecordBatch,
  RecordBatchBuilder,
} from '@millrace/protocol'
import type { ProducerStamp, QueuedBatch } from './partition-queue.ts'
import type { SendListener } from './producer-record.ts'

/** Neighbours that one listener waits for. */
interface Run {
  readonly listener: SendListener
  readonly firstIndex: number
  recordCount: number
}

/** Records for one partition that travel and succeed or fail together, and those who wait for them. */
export class ProducerBatch implements QueuedBatch {
  isOpen = true
  isInFlight = false
  attempts = 0
  retryAtMs = 0
  stamp: ProducerStamp | null = null
  /** What the last attempt failed with. */
  lastFailure: MillraceError | undefined
  /** Counted against `buffer.memory`. */
  bufferedBytes = 0
  private readonly builder: RecordBatchBuilder
  private readonly runs: Run[] = []
  private bytes: Buffer | undefined
  private readonly whenDone: (() => void)[] = []

  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly createdMs: number,
    private readonly options: BatchOptions,
    private readonly codecs: BatchCodecs,
    initialBytes: number,
  ) {
    this.builder = new RecordBatchBuilder({ ...options, initialBytes }, codecs)
  }

  get recordCount(): number {
    return this.builder.recordCount
  }
  /** Uncompressed. */
  get sizeInBytes(): number {
    return this.builder.estimatedBytes
  }
  sizeWith(record: NewRecord): number {
    return this.builder.estimatedBytesWith(record)
  }

  append(record: NewRecord, listener: SendListener | undefined): void {
    const index = this.builder.recordCount
    this.builder.append(record)
    if (listener === undefined) return
    const last = this.runs[this.runs.length - 1]
    if (last?.listener === listener && last.firstIndex + last.recordCount === index) last.recordCount++
    else this.runs.push({ listener, firstIndex: index, recordCount: 1 })
  }

  /** The bytes to send with the current stamp; compressed once. */
  encoded(): Buffer {
    this.bytes ??= this.builder.build()
    if (this.stamp !== null) new RecordBatch(this.bytes).stampProducer(this.stamp, this.codecs)
    return this.bytes
  }

  /** Two batches with half of the records each, in order. Needs more than one record. */
  split(): ProducerBatch[] {
    const half = Math.ceil(this.recordCount / 2)
    const bytes = this.bytes ?? this.builder.build()
    const parts = [this.part(), this.part()]
    let index = 0
    let run = 0
    for (const record of new RecordBatch(bytes).records(this.codecs)) {
      while (run < this.runs.length && this.runs[run]!.firstIndex + this.runs[run]!.recordCount <= index) run++
      const owner = this.runs[run]
      const listener = owner !== undefined && owner.firstIndex <= index ? owner.listener : undefined
      parts[index < half ? 0 : 1]!.append(record, listener)
      index++
    }
    for (const part of parts) {
      part.isOpen = false
      part.attempts = this.attempts
      part.bufferedBytes = Math.floor(this.bufferedBytes / parts.length)
    }
    parts[0]!.bufferedBytes += this.bufferedBytes % parts.length
    parts[1]!.whenDone.push(...this.whenDone.splice(0))
    return parts
  }
  private part(): ProducerBatch {
    const { topic, partition, createdMs, options, codecs } = this
    return new ProducerBatch(topic, partition, createdMs, options, codecs, this.sizeInBytes / 2)
  }

  /** `callback` runs when the outcome is known, whichever it is. */
  onDone(callback: () => void): void {
    this.whenDone.push(callback)
  }

  acknowledged(baseOffset: number, logAppendTimeMs: number): void {
    const { topic, partition } = this
    for (const { listener, firstIndex, recordCount } of this.runs)
      listener.acknowledged({
        topic,
        partition,
        baseOffset: baseOffset < 0 ? -1 : baseOffset + firstIndex,
        recordCount,
        logAppendTimeMs,
      })
    this.done()
  }

  failed(error: MillraceError): void {
    const { topic, partition } = this
    for (const { listener, recordCount } of this.runs) listener.failed(error, { topic, partition, recordCount })
    this.done()
  }

  private done(): void {
    for (const callback of this.whenDone.splice(0)) callback()
  }
}
