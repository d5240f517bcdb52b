/**
 * A client's view of a cluster: it finds brokers, leaders and coordinators and sends requests to them. One per producer,
 * consumer or admin. Calls here are single attempts unless they say otherwise; `retry.ts` says which are repeated.
 */
import type { Platform } from '@millrace/platform'
import { APIS, type Api, ErrorCode, KafkaError, MillraceError } from '@millrace/protocol'
import type { ClientSurroundings } from '../config/client-options.ts'
import type { CONNECTION_CONFIG } from '../config/connection-config.ts'
import type { ParsedOptions } from '../config/options.ts'
import { Backoff } from '../connection/backoff.ts'
import type { BrokerAddress, BrokerConnection } from '../connection/broker-connection.ts'
import { ConnectionPool, type Lane } from '../connection/connection-pool.ts'
import { type TimeLimit, withTimeLimit } from '../connection/time-limit.ts'
import { ClosedError, TimeoutError, UnexpectedAnswerError } from '../errors/client-errors.ts'
import type { ClientTelemetry } from '../observability/client-telemetry.ts'
import { parseBootstrapServers } from './bootstrap-servers.ts'
import { Metadata, type Node, type TopicMetadata } from './metadata.ts'
import { isRetriable, retrying, staleKnowledgeOf } from './retry.ts'

export type ConnectionOptions = ParsedOptions<typeof CONNECTION_CONFIG>

/** What FindCoordinator calls its key types. */
const COORDINATOR_OF = { group: 0, transaction: 1 } as const
export type CoordinatorKind = keyof typeof COORDINATOR_OF

export interface RequestTarget {
  readonly node: BrokerAddress
  readonly lane: Lane
}

export interface RequestLimits {
  /** How long the answer may take before the connection counts as broken; `request.timeout.ms` by default. */
  readonly requestTimeoutMs?: number
  readonly maxVersion?: number
}

export class Cluster {
  readonly platform: Platform
  readonly telemetry: ClientTelemetry
  readonly metadata = new Metadata()
  readonly backoff: Backoff
  /** Called after every metadata request in the background and every answer: the error, or undefined after an answer. */
  onMetadata: (failure: Error | undefined) => void = () => {}
  private readonly pool: ConnectionPool
  private readonly bootstrap: readonly BrokerAddress[]
  private readonly topicsInUse = new Set<string>()
  /** Topics in use whose names are not known yet. */
  private readonly topicIdsInUse = new Set<string>()
  /** Ask about all topics instead of those in use. */
  private allTopics = false
  private hasAllTopics = false
  private readonly coordinators = new Map<string, Node>()
  private refreshing: Promise<void> | undefined
  private refreshAfter: Promise<void> | undefined
  private refreshedMs = Number.NEGATIVE_INFINITY
  private isLearning = false
  /** Requests by `learn` since `learned`. */
  private lessons = 0
  private readonly closing = new AbortController()

  constructor(
    private readonly options: ConnectionOptions,
    /** May a metadata request create the topics it asks for (if the broker allows it)? */
    private readonly createsTopics: boolean,
    surroundings: ClientSurroundings,
  ) {
    const { platform, security, telemetry } = surroundings
    this.platform = platform
    this.telemetry = telemetry
    this.bootstrap = parseBootstrapServers(options.bootstrapServers)
    this.backoff = new Backoff(options.retryBackoffMs, options.retryBackoffMaxMs, platform.random)
    this.pool = new ConnectionPool(
      {
        clientId: options.clientId,
        connectTimeoutMs: options.socketConnectionSetupTimeoutMs,
        maxIdleMs: options.connectionsMaxIdleMs,
        reconnectBackoffMs: options.reconnectBackoffMs,
        reconnectBackoffMaxMs: options.reconnectBackoffMaxMs,
        security,
        telemetry,
      },
      platform,
    )
  }

  /** Sends to one broker, connecting first if need be. Rejects as `BrokerConnection.request` and `ConnectionPool.connect`. */
  async request<Input, Response>(
    target: RequestTarget,
    api: Api<unknown, Input, Response>,
    build: (version: number) => Input,
    limit: TimeLimit,
    limits: RequestLimits = {},
  ): Promise<Response> {
    const startMs = this.platform.clock.monotonicMs()
    const connection = await this.pool.connect(target.node, target.lane, limit)
    const timeoutMs = limit.timeoutMs - (this.platform.clock.monotonicMs() - startMs)
    const answer = connection.request(api, build, {
      timeoutMs: limits.requestTimeoutMs ?? this.options.requestTimeoutMs,
      ...(limits.maxVersion === undefined ? {} : { maxVersion: limits.maxVersion }),
    })
    return withTimeLimit(
      this.platform.timers,
      answer,
      { timeoutMs, signal: limit.signal },
      () => new TimeoutError(`${api.name} request to ${connection.name}`, limit.timeoutMs),
    )
  }

  /** For those who write to a connection themselves. */
  connect(target: RequestTarget, limit: TimeLimit): Promise<BrokerConnection> {
    return this.pool.connect(target.node, target.lane, limit)
  }
  openConnection(target: RequestTarget): BrokerConnection | undefined {
    return this.pool.openConnection(target.node, target.lane)
  }

  /** Sends to whichever broker answers: connected ones first, the bootstrap servers last. Rejects with the last failure. */
  async requestAny<Input, Response>(
    api: Api<unknown, Input, Response>,
    build: (version: number) => Input,
    limit: TimeLimit,
  ): Promise<Response> {
    const deadlineMs = this.platform.clock.monotonicMs() + limit.timeoutMs
    let failure: unknown
    for (const node of this.candidates()) {
      const timeoutMs = deadlineMs - this.platform.clock.monotonicMs()
      if (timeoutMs <= 0) break
      try {
        return await this.request({ node, lane: 'main' }, api, build, { timeoutMs, signal: limit.signal })
      } catch (error) {
        if (!isRetriable(error) || limit.signal?.aborted === true) throw error
        failure = error
      }
    }
    throw failure ?? new TimeoutError(`${api.name} request`, limit.timeoutMs)
  }

  private candidates(): BrokerAddress[] {
    const { nodes } = this.metadata
    const connected = nodes.filter(node => this.openConnection({ node, lane: 'main' }) !== undefined)
    const others = nodes.filter(node => !connected.includes(node))
    const known = new Set(nodes.map(node => `${node.host}:${node.port}`))
    const unknown = this.bootstrap.filter(({ host, port }) => !known.has(`${host}:${port}`))
    return [...connected, ...this.shuffled(others), ...this.shuffled(unknown)]
  }

  private shuffled<T>(items: readonly T[]): T[] {
    const rest = [...items]
    const result: T[] = []
    while (rest.length > 0) result.push(...rest.splice(this.platform.random.integer(rest.length), 1))
    return result
  }

  /** From now on metadata requests ask about these topics too. */
  useTopics(topics: Iterable<string>): void {
    for (const topic of topics) this.topicsInUse.add(topic)
  }
  /** As {@link useTopics}, for topics that a coordinator has named by id. Needs brokers that know topic ids. */
  useTopicIds(topicIds: Iterable<string>): void {
    for (const topicId of topicIds) this.topicIdsInUse.add(topicId)
  }
  /** From now on metadata requests ask about exactly these topics, null for all. */
  useOnlyTopics(topics: Iterable<string> | null): void {
    if (topics !== null || !this.allTopics) this.hasAllTopics = false
    this.allTopics = topics === null
    this.topicsInUse.clear()
    this.topicIdsInUse.clear()
    if (topics !== null) this.useTopics(topics)
  }

  /** An answer about all topics has come since `useOnlyTopics(null)`. */
  get knowsAllTopics(): boolean {
    return this.allTopics && this.hasAllTopics
  }

  /** Milliseconds since the last good answer. */
  get metadataAgeMs(): number {
    return this.platform.clock.monotonicMs() - this.refreshedMs
  }
  get isMetadataOld(): boolean {
    return this.metadataAgeMs > this.options.metadataMaxAgeMs
  }

  /**
   * Asks one broker for metadata. An answer asked for before this call does not count, so the caller sees the cluster
   * as it is now; all who wait share one request. One attempt over all brokers.
   */
  refreshMetadata(limit: TimeLimit): Promise<void> {
    if (this.refreshing === undefined) {
      this.refreshing = this.fetchMetadata().finally(() => {
        this.refreshing = undefined
      })
      return this.limited(this.refreshing, limit)
    }
    this.refreshAfter ??= this.refreshing
      .catch(() => {})
      .then(() => {
        this.refreshAfter = undefined
        return this.refreshMetadata({ timeoutMs: this.options.defaultApiTimeoutMs })
      })
    return this.limited(this.refreshAfter, limit)
  }

  private limited(refresh: Promise<void>, limit: TimeLimit): Promise<void> {
    return withTimeLimit(
      this.platform.timers,
      refresh,
      limit,
      () => new TimeoutError('fetching metadata', limit.timeoutMs),
    )
  }

  private async fetchMetadata(): Promise<void> {
    const topics = this.allTopics ? null : [...this.topicsInUse]
    const topicIds = [...this.topicIdsInUse]
    const answer = await this.requestAny(
      APIS.Metadata,
      () => ({
        topics:
          topics === null
            ? null
            : [...topics.map(name => ({ name })), ...topicIds.map(topicId => ({ topicId, name: null }))],
        allowAutoTopicCreation: this.createsTopics,
      }),
      { timeoutMs: this.options.defaultApiTimeoutMs },
    )
    if (answer.errorCode !== ErrorCode.NONE) throw new KafkaError(answer.errorCode, 'fetching metadata')
    this.metadata.update(answer, topics)
    this.hasAllTopics = topics === null
    for (const topicId of topicIds) {
      const name = this.metadata.nameOf(topicId)
      if (name === undefined) continue
      this.topicIdsInUse.delete(topicId)
      this.topicsInUse.add(name)
    }
    this.refreshedMs = this.platform.clock.monotonicMs()
    this.onMetadata(undefined)
  }

  /**
   * Fetches metadata in the background because something is not known or not right any more. Calls while it does so are
   * one, and calls that follow each other without {@link learned} wait for longer and longer.
   */
  learn(): void {
    if (this.isLearning || this.closing.signal.aborted) return
    this.isLearning = true
    const pauseMs = this.lessons > 0 ? this.backoff.delayMs(this.lessons) : 0
    this.lessons++
    this.refreshAfterPause(pauseMs).then(
      () => {
        this.isLearning = false
      },
      (error: unknown) => {
        this.isLearning = false
        if (!this.closing.signal.aborted) this.onMetadata(error as Error)
      },
    )
  }
  private async refreshAfterPause(pauseMs: number): Promise<void> {
    if (pauseMs > 0) await this.platform.timers.sleep(pauseMs, this.closing.signal)
    await this.refreshMetadata({ timeoutMs: this.options.defaultApiTimeoutMs, signal: this.closing.signal })
  }

  /** What is known suffices: the next {@link learn} need not wait. */
  learned(): void {
    if (!this.isLearning) this.lessons = 0
  }

  /** Waits until a topic is there (created a moment ago, or by asking for it). Retried until the limit. */
  topic(name: string, limit: TimeLimit): Promise<TopicMetadata> {
    this.useTopics([name])
    return this.retrying(`finding topic ${name}`, limit, async remaining => {
      const known = this.metadata.topic(name)
      if (known !== undefined) return known
      await this.refreshMetadata(remaining)
      const found = this.metadata.topic(name)
      if (found !== undefined) return found
      throw new KafkaError(this.metadata.errorOf(name) || ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, `topic ${name}`)
    })
  }

  /** The controller, or a broker that passes requests on to it. */
  async controller(limit: TimeLimit): Promise<Node> {
    if (this.metadata.node(this.metadata.controllerId) === undefined) await this.refreshMetadata(limit)
    const controller = this.metadata.node(this.metadata.controllerId) ?? this.metadata.nodes[0]
    if (controller === undefined) throw new KafkaError(ErrorCode.BROKER_NOT_AVAILABLE, 'finding the controller')
    return controller
  }

  async broker(nodeId: number, limit: TimeLimit): Promise<Node> {
    if (this.metadata.node(nodeId) === undefined) await this.refreshMetadata(limit)
    const node = this.metadata.node(nodeId)
    if (node === undefined) throw new KafkaError(ErrorCode.BROKER_NOT_AVAILABLE, `broker ${nodeId}`)
    return node
  }

  /** The coordinator of a group or transactional id. One attempt; remembered until {@link forgetCoordinator}. */
  async coordinator(kind: CoordinatorKind, key: string, limit: TimeLimit): Promise<Node> {
    const cacheKey = `${kind}/${key}`
    const known = this.coordinators.get(cacheKey)
    if (known !== undefined) return known
    const keyType = COORDINATOR_OF[kind]
    const answer = await this.requestAny(
      APIS.FindCoordinator,
      version => (version >= 4 ? { keyType, coordinatorKeys: [key] } : { keyType, key }),
      limit,
    )
    // One key per answer before v4.
    const found = answer.coordinators[0] ?? answer
    if (found.errorCode !== ErrorCode.NONE)
      throw new KafkaError(found.errorCode, found.errorMessage || `finding the coordinator of ${kind} ${key}`)
    if (found.nodeId < 0 || found.port < 0)
      throw new UnexpectedAnswerError('', `coordinator of ${kind} ${key} has no address`)
    const node = { nodeId: found.nodeId, host: found.host, port: found.port, rack: null }
    this.coordinators.set(cacheKey, node)
    return node
  }
  forgetCoordinator(kind: CoordinatorKind, key: string): void {
    this.coordinators.delete(`${kind}/${key}`)
  }

  /**
   * Repeats `attempt` as `retry.ts` says, and learns the cluster anew where an error shows that what is known is stale.
   * `coordinatorOf`: the group or transactional id whose coordinator the attempt asks.
   */
  retrying<T>(
    operation: string,
    limit: TimeLimit,
    attempt: (remaining: TimeLimit) => Promise<T>,
    coordinatorOf?: { readonly kind: CoordinatorKind; readonly key: string },
  ): Promise<T> {
    return retrying(operation, this.platform, this.backoff, limit, attempt, async (error, remaining) => {
      const stale = staleKnowledgeOf(error)
      if (coordinatorOf !== undefined && (stale === 'coordinator' || !(error instanceof KafkaError)))
        this.forgetCoordinator(coordinatorOf.kind, coordinatorOf.key)
      if (stale !== 'metadata') return
      await this.refreshMetadata(remaining).catch((failure: unknown) => {
        // The next attempt will tell; only what no retry mends ends here.
        if (failure instanceof MillraceError && failure.retriable) return
        throw failure
      })
    })
  }

  /** Requests in flight fail. Idempotent. */
  close(): void {
    this.closing.abort(new ClosedError('client'))
    this.pool.close()
  }
}
