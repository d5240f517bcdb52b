/**
 * Moves batches from the accumulator to the leaders of their partitions. It runs in turns: a turn gives up what is too
 * old, sends what is due, and arms one timer for the next thing that will be due. Turns are asked for by `wake`, and
 * many wakes in one turn of the event loop become one, which is what makes batches out of single sends.
 */
import type { Platform, Timer } from '@millrace/platform'
import { APIS, ErrorCode, KafkaError, MillraceError, type ProduceResponse } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/metadata.ts'
import { isRetriable, staleKnowledgeOf } from '../cluster/retry.ts'
import { nameOfPartition, type TopicPartitionMap } from '../cluster/topic-partition.ts'
import type { BrokerConnection } from '../connection/broker-connection.ts'
import { UnexpectedAnswerError } from '../errors/client-errors.ts'
import { type Accumulator, BATCH_OVERHEAD_BYTES } from './accumulator.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { produceOutcome } from './produce-outcome.ts'
import { type BuiltProduceRequest, type PartitionAnswer, produceRequest } from './produce-request.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { ProducerSettings } from './producer-config.ts'
import { DeliveryTimeoutError } from './producer-errors.ts'
import type { ProducerSession } from './session/producer-session.ts'

/** The transaction before is being ended, which takes milliseconds. */
const CONCURRENT_TRANSACTIONS_PAUSE_MS = 20
/** Turns may be armed this far ahead at most; nothing happens before that without a wake. */
const LONGEST_WAIT_MS = 60_000

type Queue = PartitionQueue<ProducerBatch>

/** A batch in a request. */
interface Shipment {
  readonly queue: Queue
  readonly batch: ProducerBatch
}

/** What the sender knows of a broker besides its address. */
interface Leader {
  inFlight: number
  isConnecting: boolean
  isCongested: boolean
  /** A quota of the broker asks for silence until then (KIP-219). */
  throttledUntilMs: number
  /** Connecting failed in a way that no retry mends. */
  refusal: MillraceError | undefined
}

export class Sender {
  private readonly platform: Platform
  private readonly leaders = new Map<number, Leader>()
  private metadataFailure: Error | undefined
  private isScheduled = false
  private timer: Timer | undefined
  private timerAtMs = Number.POSITIVE_INFINITY

  constructor(
    private readonly cluster: Cluster,
    private readonly accumulator: Accumulator,
    private readonly settings: ProducerSettings,
    private readonly session: ProducerSession,
    /** Ends the work: batches that are still there are the producer's. */
    private readonly closing: AbortSignal,
    /** Called after records left the buffer, one way or the other. */
    private readonly onReleased: () => void,
  ) {
    this.platform = cluster.platform
    cluster.onMetadata = failure => this.metadataArrived(failure)
    closing.addEventListener('abort', () => this.timer?.cancel(), { once: true })
  }

  /** There is news: a turn follows once the current one of the event loop is over. */
  wake(): void {
    if (this.isScheduled || this.closing.aborted) return
    this.isScheduled = true
    this.platform.timers.soon(() => this.turn())
  }

  /** As {@link wake}, with the reason why batches could not go out. */
  sessionChanged(failure: MillraceError | undefined): void {
    if (failure?.retriable === false) this.accumulator.abandon(failure)
    else if (failure !== undefined) this.metadataFailure = failure
    this.released()
  }

  private turn(): void {
    this.isScheduled = false
    if (this.closing.aborted) return
    const nowMs = this.platform.clock.monotonicMs()
    const topicDueMs = this.accumulator.expireUnplaced(nowMs, () => this.metadataFailure)
    let nextMs = Math.min(nowMs + LONGEST_WAIT_MS, topicDueMs, this.expireBatches(nowMs))
    let knowsAll = this.accumulator.unplacedTopics[Symbol.iterator]().next().done === true
    const due = new Map<Node, Queue[]>()
    for (const queue of this.accumulator.active) {
      if (!this.session.admits(queue)) continue
      const { candidate } = queue
      if (candidate === undefined) continue
      const node = this.cluster.metadata.leaderOf(queue.topic, queue.partition)
      if (node === undefined) {
        knowsAll = false
        continue
      }
      const dueMs = this.dueMs(candidate, this.leaderOf(node))
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs)
      else if (due.has(node)) due.get(node)!.push(queue)
      else due.set(node, [queue])
    }
    for (const [node, queues] of due) this.sendTo(node, queues, nowMs)
    if (knowsAll) this.cluster.learned()
    if (!knowsAll || (this.cluster.isMetadataOld && !this.accumulator.isEmpty)) {
      this.cluster.useTopics(this.accumulator.unplacedTopics)
      this.cluster.learn()
    }
    if (!this.accumulator.isEmpty) this.arm(nextMs, nowMs)
  }

  private arm(atMs: number, nowMs: number): void {
    if (atMs >= this.timerAtMs) return
    this.timer?.cancel()
    this.timerAtMs = atMs
    this.timer = this.platform.timers.after(atMs - nowMs, () => {
      this.timerAtMs = Number.POSITIVE_INFINITY
      this.turn()
    })
  }

  private leaderOf(node: Node): Leader {
    let leader = this.leaders.get(node.nodeId)
    if (leader === undefined) {
      leader = { inFlight: 0, isConnecting: false, isCongested: false, throttledUntilMs: 0, refusal: undefined }
      this.leaders.set(node.nodeId, leader)
    }
    return leader
  }

  private dueMs(batch: ProducerBatch, leader: Leader): number {
    const earliestMs = Math.max(leader.throttledUntilMs, batch.retryAtMs)
    if (!batch.isOpen || batch.sizeInBytes >= this.settings.batchSize) return earliestMs
    if (this.accumulator.bufferedBytes >= this.settings.bufferMemory) return earliestMs
    if (!this.settings.alwaysLingers && leader.inFlight === 0) return earliestMs
    return Math.max(earliestMs, batch.createdMs + this.settings.lingerMs)
  }

  private sendTo(node: Node, queues: readonly Queue[], nowMs: number): void {
    const leader = this.leaderOf(node)
    if (leader.refusal !== undefined) {
      const error = leader.refusal
      leader.refusal = undefined
      for (const queue of queues) this.refuse(queue, queue.candidate!, error)
      return
    }
    const connection = this.cluster.openConnection({ node, lane: 'main' })
    if (connection === undefined) {
      this.connect(node, leader)
      return
    }
    while (leader.inFlight < this.settings.maxInFlightRequestsPerConnection && !leader.isCongested) {
      const shipments = this.load(queues, leader, connection, nowMs)
      if (shipments.length === 0) return
      if (this.settings.acks === 0) this.shipUnanswered(shipments, leader, connection)
      else this.ship(shipments, leader, connection)
    }
  }

  /** Takes one batch of each queue that has one due, as many as fit into a request. */
  private load(queues: readonly Queue[], leader: Leader, connection: BrokerConnection, nowMs: number): Shipment[] {
    const shipments: Shipment[] = []
    let sizeInBytes = 0
    for (const queue of queues) {
      const batch = queue.candidate
      if (batch === undefined || !queue.maySendOver(connection)) continue
      if (this.dueMs(batch, leader) > nowMs) continue
      const batchBytes = batch.sizeInBytes + BATCH_OVERHEAD_BYTES
      if (shipments.length > 0 && sizeInBytes + batchBytes > this.settings.maxRequestSize) continue
      sizeInBytes += batchBytes
      queue.sending(batch, connection)
      if (batch.attempts === 1) this.cluster.telemetry.batchSent(nowMs - batch.createdMs)
      shipments.push({ queue, batch })
    }
    for (const { queue } of shipments) this.accumulator.rotate(queue)
    return shipments
  }

  private ship(shipments: readonly Shipment[], leader: Leader, connection: BrokerConnection): void {
    const request = this.requestOf(shipments)
    leader.inFlight++
    connection
      .request(APIS.Produce, request.build, {
        timeoutMs: this.settings.requestTimeoutMs,
        ...(request.maxVersion === undefined ? {} : { maxVersion: request.maxVersion }),
      })
      .then(
        answer => {
          leader.inFlight--
          this.answered(answer, request.read(answer), shipments, leader, connection)
        },
        (error: unknown) => {
          leader.inFlight--
          this.unanswered(error, shipments)
        },
      )
      .then(() => this.released())
  }

  /** acks=0: what the socket takes counts as sent. */
  private shipUnanswered(shipments: readonly Shipment[], leader: Leader, connection: BrokerConnection): void {
    try {
      const request = this.requestOf(shipments)
      if (!connection.send(APIS.Produce, request.build, request.maxVersion)) {
        leader.isCongested = true
        connection.onDrain = () => {
          leader.isCongested = false
          this.wake()
        }
      }
    } catch (error) {
      this.unanswered(error, shipments)
      this.released()
      return
    }
    for (const { queue, batch } of shipments) this.acknowledge(queue, batch, -1, -1)
    this.released()
  }

  private requestOf(shipments: readonly Shipment[]): BuiltProduceRequest {
    const { acks, requestTimeoutMs } = this.settings
    const { transactionalId, maxProduceVersion: maxVersion } = this.session
    const batches = shipments.map(({ batch }) => batch)
    return produceRequest(batches, this.cluster.metadata, { acks, requestTimeoutMs, transactionalId, maxVersion })
  }

  private answered(
    answer: ProduceResponse,
    answers: TopicPartitionMap<PartitionAnswer>,
    shipments: readonly Shipment[],
    leader: Leader,
    connection: BrokerConnection,
  ): void {
    this.cluster.telemetry.produceThrottled(answer.throttleTimeMs)
    if (answer.throttleTimeMs > 0) leader.throttledUntilMs = this.platform.clock.monotonicMs() + answer.throttleTimeMs
    for (const { queue, batch } of shipments) {
      const partition = answers.get(batch.topic, batch.partition)
      if (partition === undefined) {
        const reason = `no answer for ${nameOfPartition(batch)}`
        this.retry(queue, batch, new UnexpectedAnswerError(connection.name, reason))
      } else this.settle(queue, batch, partition)
    }
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
    else if (outcome === 'tooLarge' && batch.recordCount > 1) this.split(queue, batch)
    else this.refuse(queue, batch, error)
  }

  private unanswered(error: unknown, shipments: readonly Shipment[]): void {
    const failure = error instanceof MillraceError ? error : new UnexpectedAnswerError('', String(error))
    if (isRetriable(failure)) this.cluster.learn()
    for (const { queue, batch } of shipments) {
      if (isRetriable(failure)) this.retry(queue, batch, failure)
      else this.refuse(queue, batch, failure)
    }
  }

  private acknowledge(queue: Queue, batch: ProducerBatch, baseOffset: number, logAppendTimeMs: number): void {
    if (!queue.acknowledged(batch)) return
    this.accumulator.release(queue, batch)
    this.cluster.telemetry.batchSettled(batch, baseOffset, undefined)
    batch.acknowledged(baseOffset, logAppendTimeMs)
    if (queue.isBroken)
      this.giveUp(queue, new KafkaError(ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, nameOfPartition(batch)))
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
    const retryAtMs = this.platform.clock.monotonicMs() + pauseMs
    if (isOutOfOrder) queue.outOfOrder(batch, retryAtMs)
    else queue.retry(batch, retryAtMs)
    if (queue.isBroken) this.giveUp(queue, error)
  }

  private refuse(queue: Queue, batch: ProducerBatch, error: MillraceError): void {
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

  private split(queue: Queue, batch: ProducerBatch): void {
    queue.replaced(batch, batch.split())
  }

  private released(): void {
    this.onReleased()
    this.wake()
  }

  /** Fails batches older than `delivery.timeout.ms`; returns when the next one will be. */
  private expireBatches(nowMs: number): number {
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
        const cause = lastFailure ?? this.metadataFailure
        const late = new DeliveryTimeoutError(topic, partition, recordCount, deliveryTimeoutMs, attempts, { cause })
        this.fail(queue, batch, late)
      }
      if (queue.oldest !== undefined) nextMs = Math.min(nextMs, queue.oldest.createdMs + deliveryTimeoutMs)
    }
    if (hasExpired) this.onReleased()
    return nextMs
  }

  private connect(node: Node, leader: Leader): void {
    if (leader.isConnecting) return
    leader.isConnecting = true
    this.cluster
      .connect({ node, lane: 'main' }, { timeoutMs: this.settings.requestTimeoutMs })
      .catch((error: unknown) => {
        if (error instanceof MillraceError && !error.retriable) leader.refusal = error
        this.metadataFailure = error as Error
        this.cluster.learn()
      })
      .then(() => {
        leader.isConnecting = false
        this.wake()
      })
  }

  /** Records that waited for their topic find their partitions, or learn that there are none. */
  private metadataArrived(failure: Error | undefined): void {
    const { metadata } = this.cluster
    this.metadataFailure = failure
    for (const name of [...this.accumulator.unplacedTopics]) {
      const topic = metadata.topic(name)
      if (topic !== undefined) {
        this.accumulator.place(topic, this.platform.clock.monotonicMs())
        continue
      }
      const error = failure ?? new KafkaError(metadata.errorOf(name), `topic ${name}`)
      if (error instanceof KafkaError && error.errorCode === ErrorCode.NONE) continue
      this.metadataFailure = error
      if (error instanceof MillraceError && !error.retriable) this.accumulator.refuseTopic(name, error)
    }
    this.wake()
  }
}
