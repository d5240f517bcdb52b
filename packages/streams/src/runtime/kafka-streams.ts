import type { ConsumerOptions, ProducerOptions } from '@millrace/client'
import { type Platform, realPlatform } from '@millrace/platform'
import { StreamsError } from '../errors.ts'
import { LevelEngines } from '../state/engine/level-engine.ts'
import type { StateEngines } from '../state/engine/state-engine.ts'
import { type DeserializationExceptionHandler, FAIL_ON_ERROR, type ProcessingExceptionHandler } from '../task/task.ts'
import type { Topology } from '../topology/topology.ts'
import { type KafkaStreamsEvent, type KafkaStreamsState, nextState } from './kafka-streams-state.ts'
import { type Logger, SILENT_LOGGER } from './logger.ts'
import type { ProductionExceptionHandler } from './producer-collector.ts'
import type { QueryableStoreType } from './queryable-store.ts'
import { InvalidStateStoreError } from './runtime-errors.ts'
import type { StateRestoreListener } from './state-restore-listener.ts'
import { parseStreamsOptions, type StreamsOptions, type StreamsSettings } from './streams-config.ts'
import { StreamsInstance } from './streams-instance.ts'

/** Shared by all applications of the process, which share its thread pool. */
const LEVEL_ENGINES = new LevelEngines()

export interface KafkaStreamsOptions extends StreamsOptions {
  readonly applicationId: string
  readonly bootstrapServers: readonly string[] | string
  /** Overrides for the main consumer, for the producer, and for the configs of internal topics. */
  readonly consumer?: Partial<ConsumerOptions>
  readonly producer?: Partial<ProducerOptions>
  readonly topic?: Readonly<Record<string, string>>
  /** Default: the record's failure ends the application. */
  readonly deserializationExceptionHandler?: DeserializationExceptionHandler
  readonly processingExceptionHandler?: ProcessingExceptionHandler
  /** Default: a record that cannot be written ends the application. */
  readonly productionExceptionHandler?: ProductionExceptionHandler
  /** Told what moved the application to ERROR. */
  readonly uncaughtExceptionHandler?: (error: unknown) => void
  readonly stateListener?: (newState: KafkaStreamsState, oldState: KafkaStreamsState) => void
  readonly stateRestoreListener?: StateRestoreListener
  readonly logger?: Logger
  /** The machine's own by default; simulations bring theirs. */
  readonly platform?: Platform
  /** LevelDB by default. */
  readonly stateEngines?: StateEngines
}

const OWN_OPTIONS = [
  'consumer',
  'producer',
  'topic',
  'deserializationExceptionHandler',
  'processingExceptionHandler',
  'productionExceptionHandler',
  'uncaughtExceptionHandler',
  'stateListener',
  'stateRestoreListener',
  'logger',
  'platform',
  'stateEngines',
] as const

/** Counts of this instance since it was started. Names are those of Kafka Streams' metrics. */
export interface StreamsMetrics {
  readonly 'records-consumed-total': number
  readonly 'process-total': number
  readonly 'dropped-records-total': number
}

/** `start` was overtaken by `close`. */
export class ClosedBeforeRunningError extends StreamsError {
  override readonly code = 'CLOSED'
  constructor(readonly applicationId: string) {
    super(`${applicationId} was closed before it was running`)
  }
}

/**
 * A streams application: one member of its group, with the tasks that the group gives it.
 * Start it once; close it, or declare it with `await using`.
 */
export class KafkaStreams implements AsyncDisposable {
  readonly #topology: Topology
  readonly #options: KafkaStreamsOptions
  readonly #settings: StreamsSettings
  readonly #logger: Logger
  #state: KafkaStreamsState = 'CREATED'
  #failure: unknown
  #instance: StreamsInstance | undefined
  /** Settles once everything is closed; never rejects. */
  #stopped: Promise<void> | undefined
  #firstReady: (() => void) | undefined

  /** Throws InvalidConfigError. Connects to nothing yet. */
  constructor(topology: Topology, options: KafkaStreamsOptions) {
    this.#topology = topology
    this.#options = options
    this.#settings = parseStreamsOptions(options, OWN_OPTIONS)
    this.#logger = options.logger ?? SILENT_LOGGER
  }

  get state(): KafkaStreamsState {
    return this.#state
  }

  /** What moved the application to ERROR; undefined before that. */
  get failure(): unknown {
    return this.#failure
  }

  /**
   * Resolves when the application is RUNNING for the first time: its tasks are assigned and their state is restored.
   * Rejects when it fails before that: MissingSourceTopicError, CopartitionError, InternalTopicMismatchError,
   * StateDirectoryLockedError, {@link ClosedBeforeRunningError}, or what a client or a task failed with.
   */
  start(): Promise<void> {
    this.#move('started')
    return new Promise((resolve, reject) => {
      this.#firstReady = resolve
      this.#stopped = this.#run().then(
        () => {
          this.#move('closed')
          reject(new ClosedBeforeRunningError(this.#settings.applicationId))
        },
        (error: unknown) => {
          this.#fail(error)
          reject(error)
        },
      )
    })
  }

  /** Commits, persists, leaves the group. Resolves also when the application has failed. Idempotent. */
  async close(): Promise<void> {
    if (this.#state === 'CREATED') {
      this.#move('closing')
      this.#move('closed')
    } else if (this.#state === 'REBALANCING' || this.#state === 'RUNNING') {
      this.#move('closing')
      this.#instance?.thread.stop()
    }
    await this.#stopped
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  /**
   * Reads a store as the last commit left it: `store('counts', QueryableStoreTypes.keyValueStore<string, number>())`.
   * What it returns may be kept. Reads throw an InvalidStateStoreError while the application is not RUNNING.
   */
  store<S>(name: string, type: QueryableStoreType<S>): S {
    if (!this.#topology.graph.stores.has(name)) throw new InvalidStateStoreError(name, 'is not in the topology')
    return type.over(name, () => {
      if (this.#state !== 'RUNNING') throw new InvalidStateStoreError(name, `cannot be read in state ${this.#state}`)
      return this.#instance!.thread.storesNamed(name)
    })
  }

  metrics(): StreamsMetrics {
    const thread = this.#instance?.thread
    return {
      'records-consumed-total': thread?.recordsConsumed ?? 0,
      'process-total': thread?.recordsProcessed ?? 0,
      'dropped-records-total': thread?.recordsDropped ?? 0,
    }
  }

  async #run(): Promise<void> {
    const { consumer = {}, producer = {}, topic = {}, stateRestoreListener = {} } = this.#options
    const { deserializationExceptionHandler, processingExceptionHandler } = this.#options
    this.#instance = await StreamsInstance.open({
      topology: this.#topology,
      settings: this.#settings,
      taskSettings: {
        maxTaskIdleMs: this.#settings.maxTaskIdleMs,
        deserializationExceptionHandler:
          deserializationExceptionHandler ?? FAIL_ON_ERROR.deserializationExceptionHandler,
        processingExceptionHandler: processingExceptionHandler ?? FAIL_ON_ERROR.processingExceptionHandler,
      },
      platform: this.#options.platform ?? realPlatform(),
      engines: this.#options.stateEngines ?? LEVEL_ENGINES,
      logger: this.#logger,
      restoreListener: stateRestoreListener,
      productionExceptionHandler: this.#options.productionExceptionHandler ?? (() => 'fail'),
      consumer,
      producer,
      topic,
      onRebalance: () => this.#move('rebalancing'),
      onReady: () => this.#becomeReady(),
      onFailure: () => this.#move('failing'),
    })
    if (this.#state === 'PENDING_SHUTDOWN') this.#instance.thread.stop()
    await this.#instance.run()
  }

  #becomeReady(): void {
    this.#move('ready')
    if (this.#state === 'RUNNING') this.#firstReady?.()
  }

  #fail(error: unknown): void {
    this.#failure = error
    this.#logger.error(`${this.#settings.applicationId} failed: ${String(error)}`)
    if (this.#state === 'REBALANCING') this.#move('failing') // It failed before it had a thread.
    this.#move(this.#state === 'PENDING_ERROR' ? 'failed' : 'closed')
    this.#options.uncaughtExceptionHandler?.(error)
  }

  #move(event: KafkaStreamsEvent): void {
    const oldState = this.#state
    this.#state = nextState(oldState, event)
    if (this.#state === oldState) return
    this.#logger.info(`${this.#settings.applicationId}: ${oldState} to ${this.#state}`)
    this.#options.stateListener?.(this.#state, oldState)
  }
}
