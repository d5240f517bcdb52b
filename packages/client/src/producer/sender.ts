/**
 * Moves batches from the accumulator to the leaders of their partitions. It runs in turns: a turn gives up what is too
 * old, sends what is due, and arms one timer for the next thing that will be due. Turns are asked for by `wake`, and
 * many wakes in one turn of the event loop become one, which is what makes batches out of single sends.
 */
import type { Platform, Timer } from '@millrace/platform'
import { APIS, ErrorCode, KafkaError, MillraceError } from '@millrace/protocol'
import type { Cluster } from '../cluster/cluster.ts'
import type { Node } from '../cluster/metadata.ts'
import type { BrokerConnection } from '../connection/broker-connection.ts'
import { type Accumulator, BATCH_OVERHEAD_BYTES } from './accumulator.ts'
import { BatchSettlement, type Queue, type Shipment } from './batch-settlement.ts'
import { type BuiltProduceRequest, produceRequest } from './produce-request.ts'
import type { ProducerBatch } from './producer-batch.ts'
import type { ProducerSettings } from './producer-config.ts'
import type { ProducerSession } from './session/producer-session.ts'

/** Turns may be armed this far ahead at most; nothing happens before that without a wake. */
const LONGEST_WAIT_MS = 60_000

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
  private readonly settlement: BatchSettlement
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
    this.settlement = new BatchSettlement(cluster, accumulator, settings, session)
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
    const expiry = this.settlement.expire(nowMs, this.metadataFailure)
    if (expiry.hasExpired) this.onReleased()
    let nextMs = Math.min(nowMs + LONGEST_WAIT_MS, topicDueMs, expiry.nextMs)
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
      for (const queue of queues) this.settlement.refuse(queue, queue.candidate!, error)
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
          this.throttle(leader, answer.throttleTimeMs)
          this.settlement.answered(request.read(answer), shipments, connection.name)
        },
        (error: unknown) => {
          leader.inFlight--
          this.settlement.unanswered(error, shipments)
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
      this.settlement.unanswered(error, shipments)
      this.released()
      return
    }
    for (const { queue, batch } of shipments) this.settlement.acknowledge(queue, batch, -1, -1)
    this.released()
  }

  private requestOf(shipments: readonly Shipment[]): BuiltProduceRequest {
    const { acks, requestTimeoutMs } = this.settings
    const { transactionalId, maxProduceVersion: maxVersion } = this.session
    const batches = shipments.map(({ batch }) => batch)
    return produceRequest(batches, this.cluster.metadata, { acks, requestTimeoutMs, transactionalId, maxVersion })
  }

  private throttle(leader: Leader, throttleTimeMs: number): void {
    this.cluster.telemetry.produceThrottled(throttleTimeMs)
    if (throttleTimeMs > 0) leader.throttledUntilMs = this.platform.clock.monotonicMs() + throttleTimeMs
  }

  private released(): void {
    this.onReleased()
    this.wake()
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
