/**
 * Writes the markers of a decided transaction into every partition it wrote to. They have to get there: what fails is tried
 * again, at growing intervals, until it succeeds or the broker stops; the next start goes on from the log.
 */
import type { Clock, Timer, Timers } from '@millrace/platform'
import { ErrorCode, KafkaError } from '@millrace/protocol'
import type { PartitionLog, TransactionEnd } from '../../log/partition-log.ts'
import { OFFSETS_TOPIC } from '../../metadata/topic-name.ts'
import type { Topics } from '../../topics/topics.ts'
import { verdictOf } from '../end-transaction.ts'
import type { Transaction } from '../transaction.ts'

const FIRST_RETRY_MS = 20
const LONGEST_RETRY_MS = 2_000

/** Who keeps the offsets that transactions commit: markers in `__consumer_offsets` are for it too. */
export interface TransactionalOffsets {
  /** NONE, or why a partition of `__consumer_offsets` can take no marker at the moment. */
  markerRefusal(partition: number): ErrorCode
  /** A marker was appended to the partition. */
  transactionEnded(partition: number, end: TransactionEnd): void
}

export interface MarkerPlatform {
  readonly clock: Clock
  readonly timers: Timers
}

export class MarkerWriter {
  /** Retries that are due later, and what to do if they never come. */
  private readonly waiting = new Map<Timer, () => void>()
  private isClosed = false

  constructor(
    private readonly topics: Topics,
    private readonly offsets: TransactionalOffsets,
    private readonly platform: MarkerPlatform,
  ) {}

  /** True once the markers are durable everywhere, false if the broker stops before. */
  async writeAll(prepared: Transaction, coordinatorEpoch: number): Promise<boolean> {
    const { producerId, producerEpoch, clientTransactionVersion: transactionVersion } = prepared
    const end: TransactionEnd = {
      producerId,
      producerEpoch,
      coordinatorEpoch,
      verdict: verdictOf(prepared),
      transactionVersion,
    }
    const written: Promise<boolean>[] = []
    for (const [topic, partitions] of prepared.partitions)
      for (const partition of partitions) written.push(this.writeUntilDone(topic, partition, end))
    return (await Promise.all(written)).every(Boolean)
  }

  /** One attempt, which throws {@link KafkaError}. The promise rejects with it when the marker never gets durable. */
  write(log: PartitionLog, end: TransactionEnd): Promise<void> {
    const { topic, partition } = log
    const isForOffsets = topic === OFFSETS_TOPIC
    const refusal = isForOffsets ? this.offsets.markerRefusal(partition) : ErrorCode.NONE
    if (refusal !== ErrorCode.NONE) throw new KafkaError(refusal, log.name)
    const { lastOffset } = log.appendMarker(end, this.platform.clock.nowMs())
    if (isForOffsets) this.offsets.transactionEnded(partition, end)
    return log.synced(lastOffset + 1)
  }

  close(): void {
    this.isClosed = true
    for (const [timer, giveUp] of this.waiting) {
      timer.cancel()
      giveUp()
    }
    this.waiting.clear()
  }

  private async writeUntilDone(topic: string, partition: number, end: TransactionEnd): Promise<boolean> {
    for (let retryMs = FIRST_RETRY_MS; !this.isClosed; retryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS)) {
      const log = this.topics.log(topic, partition)
      // The topic was deleted.
      if (log === undefined) return true
      try {
        await this.write(log, end)
        return true
      } catch (error) {
        if (!(error instanceof KafkaError)) throw error
        if (isOver(error)) return true
      }
      await this.pause(retryMs)
    }
    return false
  }

  private pause(delayMs: number): Promise<void> {
    if (this.isClosed) return Promise.resolve()
    return new Promise(resolve => {
      const timer = this.platform.timers.after(delayMs, () => {
        this.waiting.delete(timer)
        resolve()
      })
      this.waiting.set(timer, resolve)
    })
  }
}

/** Someone else has ended the transaction in this partition: a later epoch of the producer, or a newer coordinator. */
function isOver({ errorCode }: KafkaError): boolean {
  return errorCode === ErrorCode.INVALID_PRODUCER_EPOCH || errorCode === ErrorCode.TRANSACTION_COORDINATOR_FENCED
}
