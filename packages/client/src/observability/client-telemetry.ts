/**
 * Where a client says what it does: it keeps the metrics of KIP-714, publishes on the diagnostics channels and writes to
 * the logger. One per producer, consumer or admin.
 */
import type { Clock } from '@millrace/platform'
import { nameOfPartition, type TopicPartition } from '../cluster/topic-partition.ts'
import { type ClientEventName, type ClientEvents, type ClientKind, clientChannel } from './client-events.ts'
import type { Logger } from './logger.ts'
import { WindowedSensor } from './windowed-sensor.ts'

export interface ClientMetric {
  /** KIP-714's, such as `org.apache.kafka.producer.record.queue.time.avg`. */
  readonly name: string
  /** `node_id` for those of one broker. */
  readonly labels: Readonly<Record<string, string>>
  /** Times in ms. NaN while there is nothing to average. */
  readonly value: number
}

interface SettledBatch extends TopicPartition {
  readonly recordCount: number
  readonly sizeInBytes: number
}

const PREFIX = 'org.apache.kafka.'

export class ClientTelemetry {
  private readonly connections = new WindowedSensor()
  private readonly latencyByBroker = new Map<string, WindowedSensor>()
  private readonly queueTime = new WindowedSensor()
  private readonly throttleTime = new WindowedSensor()
  private readonly commitLatency = new WindowedSensor()
  private readonly rebalanceLatency = new WindowedSensor()
  private readonly fetchLatency = new WindowedSensor()
  private rebalanceMs = 0
  private assignedPartitions = 0

  constructor(
    private readonly kind: ClientKind,
    private readonly clientId: string,
    private readonly logger: Logger,
    private readonly clock: Pick<Clock, 'monotonicMs'>,
  ) {}

  connectionOpened(broker: string, durationMs: number): void {
    this.connections.record(1, this.clock.monotonicMs())
    this.publish('connection.opened', { broker, durationMs })
    this.logger.debug({ clientId: this.clientId, broker, durationMs }, 'connected')
  }
  connectionFailed(broker: string, error: Error): void {
    this.publish('connection.failed', { broker, error })
    this.logger.warn({ clientId: this.clientId, broker, err: error }, 'no connection')
  }
  connectionLost(broker: string, error: Error): void {
    this.publish('connection.lost', { broker, error })
    this.logger.info({ clientId: this.clientId, broker, err: error }, 'connection lost')
  }

  requestAnswered(broker: string, api: string, version: number, durationMs: number): void {
    let latency = this.latencyByBroker.get(broker)
    if (latency === undefined) {
      latency = new WindowedSensor()
      this.latencyByBroker.set(broker, latency)
    }
    latency.record(durationMs, this.clock.monotonicMs())
    if (api === 'Fetch') this.fetchLatency.record(durationMs, this.clock.monotonicMs())
    if (clientChannel('request').hasSubscribers) this.publish('request', { broker, api, version, durationMs })
  }

  /** A batch goes out for the first time. */
  batchSent(queuedMs: number): void {
    this.queueTime.record(queuedMs, this.clock.monotonicMs())
  }
  produceThrottled(throttleMs: number): void {
    this.throttleTime.record(throttleMs, this.clock.monotonicMs())
  }
  batchSettled(batch: SettledBatch, baseOffset: number, error: Error | undefined): void {
    if (error === undefined && !clientChannel('produce').hasSubscribers) return
    const { topic, partition, recordCount, sizeInBytes } = batch
    this.publish('produce', { topic, partition, recordCount, sizeInBytes, baseOffset, error })
    if (error !== undefined)
      this.logger.error({ clientId: this.clientId, topic, partition, recordCount, err: error }, 'batch failed')
  }

  rebalanced(
    groupId: string,
    kind: 'assigned' | 'revoked' | 'lost',
    partitions: readonly TopicPartition[],
    assignedPartitions: number,
  ): void {
    this.assignedPartitions = assignedPartitions
    this.publish('rebalance', { groupId, kind, partitions })
    const names = partitions.map(nameOfPartition)
    this.logger.info({ clientId: this.clientId, groupId, partitions: names }, `partitions ${kind}`)
  }
  /** From the wish to rebalance to the new assignment. */
  rebalanceCompleted(durationMs: number): void {
    this.rebalanceMs += durationMs
    this.rebalanceLatency.record(durationMs, this.clock.monotonicMs())
  }
  committed(groupId: string, partitionCount: number, durationMs: number, error: Error | undefined): void {
    this.commitLatency.record(durationMs, this.clock.monotonicMs())
    this.publish('commit', { groupId, partitionCount, durationMs, error })
    if (error !== undefined) this.logger.warn({ clientId: this.clientId, groupId, err: error }, 'commit failed')
  }
  stalled(at: TopicPartition, sinceMs: number, lag: number): void {
    const { topic, partition } = at
    this.publish('stall', { topic, partition, sinceMs, lag })
    this.logger.warn(
      { clientId: this.clientId, topic, partition, sinceMs, lag },
      'nothing fetched although there is something',
    )
  }

  /** A snapshot. */
  metrics(): readonly ClientMetric[] {
    const nowMs = this.clock.monotonicMs()
    const metrics: ClientMetric[] = []
    const add = (name: string, value: number, labels: Readonly<Record<string, string>> = {}) =>
      metrics.push({ name: `${PREFIX}${this.kind}.${name}`, labels, value })
    const addLatency = (name: string, sensor: WindowedSensor, labels?: Readonly<Record<string, string>>) => {
      add(`${name}.avg`, sensor.average(nowMs), labels)
      add(`${name}.max`, sensor.max(nowMs), labels)
    }
    add('connection.creation.rate', this.connections.rate(nowMs))
    add('connection.creation.total', this.connections.total)
    for (const [broker, latency] of this.latencyByBroker) addLatency('node.request.latency', latency, { node: broker })
    if (this.kind === 'producer') {
      addLatency('produce.throttle.time', this.throttleTime)
      addLatency('record.queue.time', this.queueTime)
    }
    if (this.kind === 'consumer') {
      addLatency('coordinator.commit.latency', this.commitLatency)
      add('coordinator.assigned.partitions', this.assignedPartitions)
      addLatency('coordinator.rebalance.latency', this.rebalanceLatency)
      add('coordinator.rebalance.latency.total', this.rebalanceMs)
      addLatency('fetch.manager.fetch.latency', this.fetchLatency)
    }
    return metrics
  }

  private publish<Name extends ClientEventName>(name: Name, event: ClientEvents[Name]): void {
    const channel = clientChannel(name)
    if (channel.hasSubscribers) channel.publish({ client: this.kind, clientId: this.clientId, ...event })
  }
}
