/** What becomes of batches that were sent: written, tried again, split or given up. */
import { ErrorCode, KafkaError, MillraceError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import { isRetriable, staleKnowledgeOf } from '../cluster/retry.ts'
import { nameOfPartition, type TopicPartitionMap } from '../cluster/topic-partition.ts'
import { UnexpectedAnswerError } from '../errors/client-errors.ts'
import type { Accumulator } from './accumulator.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { produceOutcome } from './produce-outcome.ts'
import type { PartitionAnswer } from './produce-request.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { ProducerSettings } from './producer-config.ts'
import { DeliveryTimeoutError } from './producer-errors.ts'
import type { ProducerSession } from './session/producer-session.ts'

/** The transaction before is being ended, which takes milliseconds. */
const CONCURRENT_TRANSACTIONS_PAUSE_MS = 20

export type Queue = PartitionQueue<ProducerBatch>

/** A batch in a request. */
export interface Shipment {
  readonly queue: Queue
  readonly batch: ProducerBatch
}

export class BatchSettlement {
  constructor(
    private readonly cluster: Cluster,
    private readonly accumulator: Accumulator,
    private readonly settings: ProducerSettings,
    private readonly session: ProducerSession,
  ) {}

  answered(answers: TopicPartitionMap<PartitionAnswer>, shipments: readonly Shipment[], broker: string): void {
    for (const { queue, batch } of shipments) {
      const partition = answers.get(batch.topic, batch.partition)
      if (partition === undefined) {
        const reason = `no answer for ${nameOfPartition(batch)}`
        this.retry(queue, batch, new UnexpectedAnswerError(broker, reason))
      } else this.settle(queue, batch, partition)
    }
  }

  /** The request failed; what it carried may be written or not. */
  unanswered(error: unknown, shipments: readonly Shipment[]): void {
    const failure = error instanceof MillraceError ? error : new UnexpectedAnswerError('', String(error))
    if (isRetriable(failure)) this.cluster.learn()
    for (const { queue, batch } of shipments) {
      if (isRetriable(failure)) this.retry(queue, batch, failure)
      else this.refuse(queue, batch, failure)
    }
  }

  /**
   * Gives up batches older than `delivery.timeout.ms`, for what stood in the way or else `cause`. Returns when the next
   * one will be that old, and whether there were any.
   */
  expire(nowMs: number, cause: Error | undefined): { readonly nextMs: number; readonly hasExpired: boolean } {
    const { deliveryTimeoutMs } = this.settings
    let nextMs = Number.POSITIVE_INFINITY
    let hasExpired = false
    for (const queue of this.accumulator.active) {
      for (
        let batch = queue.expire(nowMs - deliveryTimeoutMs);
        batch;
        batch = queue.expire(nowMs - deliveryTimeoutMs)
      ) {
        hasExpired = true
        const { topic, partition, recordCount, attempts, lastFailure } = batch
        const late = new DeliveryTimeoutError(topic, partition, recordCount, deliveryTimeoutMs, attempts, {
          cause: lastFailure ?? cause,
        })
        this.fail(queue, batch, late)
      }
      if (queue.oldest !== undefined) nextMs = Math.min(nextMs, queue.oldest.createdMs + deliveryTimeoutMs)
    }
    return { nextMs, hasExpired }
  }

  acknowledge(queue: Queue, batch: ProducerBatch, baseOffset: number, logAppendTimeMs: number): void {
    if (!queue.acknowledged(batch)) return
    this.accumulator.release(queue, batch)
    this.cluster.telemetry.batchSettled(batch, baseOffset, undefined)
    batch.acknowledged(baseOffset, logAppendTimeMs)
    if (queue.isBroken)
      this.giveUp(queue, new KafkaError(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, nameOfPartition(batch)))
  }

  private settle(queue: Queue, batch: ProducerBatch, answer: PartitionAnswer): void {
    const outcome = produceOutcome(answer.errorCode, this.session.transactionalId !== null)
    if (outcome === 'appended') {
      const isKnown = answer.errorCode === ErrorCode.NONE
      this.acknowledge(queue, batch, isKnown ? answer.baseOffset : -1, answer.logAppendTimeMs)
      return
    }
    const detail = answer.recordErrors[0]?.batchIndexErrorMessage ?? answer.errorMessage
    const error = new KafkaError(answer.errorCode, `${nameOfPartition(batch)}${detail === null ? '' : ` (${detail})`}`)
    if (staleKnowledgeOf(error) === 'metadata') this.cluster.learn()
    if (outcome === 'retry') this.retry(queue, batch, error)
    else if (outcome === 'outOfOrder') this.retry(queue, batch, error, true)
    else if (outcome === 'tooLarge' && batch.recordCount > 1) queue.replaced(batch, batch.split())
    else this.refuse(queue, batch, error)
  }

  private retry(queue: Queue, batch: ProducerBatch, error: MillraceError, isOutOfOrder = false): void {
    // Without idempotence the broker has no sequences to complain about.
    const isLast = batch.attempts > this.settings.retries || (isOutOfOrder && !this.settings.enableIdempotence)
    if (isLast || queue.isBroken) {
      this.refuse(queue, batch, error)
      return
    }
    batch.lastFailure = error
    const isConcurrent = error.code === 'CONCURRENT_TRANSACTIONS'
    const pauseMs = isConcurrent ? CONCURRENT_TRANSACTIONS_PAUSE_MS : this.cluster.backoff.delayMs(batch.attempts)
    const retryAtMs = this.cluster.platform.clock.monotonicMs() + pauseMs
    if (isOutOfOrder) queue.outOfOrder(batch, retryAtMs)
    else queue.retry(batch, retryAtMs)
    if (queue.isBroken) this.giveUp(queue, error)
  }

  refuse(queue: Queue, batch: ProducerBatch, error: MillraceError): void {
    if (queue.refused(batch)) this.fail(queue, batch, error)
  }

  /** Sequences of a transaction are missing: what waits behind them cannot be written any more. */
  private giveUp(queue: Queue, error: MillraceError): void {
    for (const batch of queue.drop()) this.fail(queue, batch, error)
  }

  /** Of a batch that has left its queue. */
  private fail(queue: Queue, batch: ProducerBatch, error: MillraceError): void {
    this.accumulator.release(queue, batch)
    const outcome = this.session.gaveUp(error, batch.attempts > 0)
    this.cluster.telemetry.batchSettled(batch, -1, outcome)
    batch.failed(outcome)
  }
}
