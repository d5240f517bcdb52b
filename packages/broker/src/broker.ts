/**
 * A whole broker: it opens the data directories, replays the metadata, recovers the partition logs, loads the groups and
 * listens. Its parts get what they need through constructors; nothing here decides anything.
 */
import { addressText, type Platform } from '@millrace/platform'
import type { Api } from '@millrace/protocol'
import type { BrokerConfig, BrokerConfigInput } from './config/broker-config.ts'
import { BrokerSettings } from './config/broker-settings.ts'
import { advertisedAddress, type Endpoint, listenAddress } from './config/listener.ts'
import { GroupCoordinator } from './coordinator/group-coordinator.ts'
import { GroupLog } from './coordinator/group-log.ts'
import { FetchPurgatory } from './fetch/fetch-purgatory.ts'
import { FetchSessions } from './fetch/fetch-sessions.ts'
import { answerUnsupportedVersion } from './handlers/18-api-versions.ts'
import { allHandlers } from './handlers/all-handlers.ts'
import { type CompactionReport, LogCleaner } from './log/compaction/log-cleaner.ts'
import { LogManager, type RecoveryProgress } from './log/directory/log-manager.ts'
import { type StorageFailure, storageFailureText } from './log/storage-failure.ts'
import { ALL_BROKERS, ConfigResource } from './metadata/config-resource.ts'
import { MetadataLog } from './metadata/metadata-log.ts'
import { ProducerIds } from './metadata/producer-ids.ts'
import { Server } from './server/server.ts'
import { Topics } from './topics/topics.ts'
import { MarkerWriter } from './transactions/coordinator/marker-writer.ts'
import { TransactionCoordinator } from './transactions/coordinator/transaction-coordinator.ts'
import { TransactionLog } from './transactions/coordinator/transaction-log.ts'

/** How long a clean stop waits for answers to be taken. */
const CLOSE_GRACE_MS = 2_000

export interface BrokerOptions {
  readonly platform: Platform
  /** By Kafka's property names; what is left out has Kafka's default (see `config/broker-config.ts`). */
  readonly config?: BrokerConfigInput
  /** Told of every partition that is opened or recovered at start. */
  readonly onRecovery?: (progress: RecoveryProgress) => void
  /** Told of every pass of log compaction. Default: what could not be compacted is a warning of the process. */
  readonly onCompaction?: (report: CompactionReport) => void
  /** Told once of each disk that fails: a data directory at the start, a partition at any time. Default: a warning of the process. */
  readonly onStorageFailure?: (failure: StorageFailure) => void
  /** Told of errors that are bugs. Default: a warning of the process. */
  readonly onBug?: (error: unknown) => void
}

interface Parts {
  readonly logs: LogManager
  readonly cleaner: LogCleaner
  readonly groups: GroupCoordinator
  readonly transactions: TransactionCoordinator
  readonly fetches: FetchPurgatory
  readonly server: Server
}

export class Broker {
  private stopping: Promise<void> | undefined

  private constructor(
    private readonly parts: Parts,
    /** Where clients reach it. */
    readonly advertised: Endpoint,
    readonly config: BrokerConfig,
  ) {}

  /**
   * Resolves once clients are answered; groups may still be loading. Rejects with InvalidConfigError, with NetworkError when
   * the address is taken, and with what the data directories are wrong with. The caller closes it.
   */
  static async start(options: BrokerOptions): Promise<Broker> {
    const {
      platform,
      config: input = {},
      onRecovery,
      onCompaction = warnOfUncleanable,
      onStorageFailure = warnOfDisk,
      onBug = warn,
    } = options
    const settings = new BrokerSettings(input)
    const config = settings.effective
    const listen = listenAddress(config)
    const logs = await LogManager.open(platform, config, onStorageFailure)
    try {
      const metadata = await MetadataLog.open(logs)
      followDynamicSettings(settings, metadata)
      const topics = new Topics(metadata, logs, config, platform.random)
      await logs.openAll(topics.partitions(), onRecovery)
      const groups = new GroupCoordinator(
        new GroupLog(topics, config, platform),
        config,
        () => metadata.image,
        platform,
        onBug,
      )
      topics.onDelete(topic => {
        groups.topicDeleted(topic).catch(onBug)
      })
      const markers = new MarkerWriter(topics, groups, platform)
      const transactions = new TransactionCoordinator(
        {
          log: new TransactionLog(topics, config, platform),
          markers,
          producerIds: new ProducerIds(metadata, config['node.id']),
        },
        config,
        platform,
        onBug,
      )
      const fetches = new FetchPurgatory(platform.timers)
      const advertised = () => advertisedAddress(config, { host: listen.host, port: server.port })
      const handlers = allHandlers({
        config,
        settings,
        clusterId: logs.clusterId,
        clock: platform.clock,
        codecs: platform.codecs,
        files: platform.files,
        logs,
        metadata,
        topics,
        groups,
        fetches,
        fetchSessions: new FetchSessions(
          config['max.incremental.fetch.session.cache.slots'],
          platform.clock,
          platform.random,
        ),
        transactions,
        markers,
        advertised,
      })
      const server: Server = await Server.listen(platform, {
        ...listen,
        maxFrameBytes: config['socket.request.max.bytes'],
        maxReceiveBytes: orUnbounded(config['queued.max.request.bytes']),
        maxRequests: config['queued.max.requests'],
        maxConnections: () => config['max.connections'],
        maxIdleMs: orUnbounded(config['connections.max.idle.ms']),
        handlerOf: apiKey => handlers.get(apiKey),
        answerUnsupportedVersion,
        onBug: (error: unknown, _api: Api) => onBug(error),
      })
      groups.load().catch(onBug)
      transactions.load().catch(onBug)
      const cleaner = new LogCleaner(logs, onCompaction)
      cleaner.start()
      return new Broker({ logs, cleaner, groups, transactions, fetches, server }, advertised(), config)
    } catch (error) {
      logs.halt()
      throw error
    }
  }

  get port(): number {
    return this.parts.server.port
  }
  /** For a client's `bootstrap.servers`. */
  get bootstrapServers(): string {
    return addressText(this.advertised)
  }

  /** Answers what is in process, takes nothing new, and leaves data directories that need no recovery. Idempotent. */
  close(): Promise<void> {
    this.stopping ??= this.stop()
    return this.stopping
  }

  /** Drops everything at once, as `kill -9` would: for simulations and tests of recovery. */
  halt(): void {
    const { logs, cleaner, groups, transactions, fetches, server } = this.parts
    this.stopping = Promise.resolve()
    server.halt()
    cleaner.halt()
    transactions.close()
    groups.close()
    fetches.completeAll()
    logs.halt()
  }

  private async stop(): Promise<void> {
    const { logs, cleaner, groups, transactions, fetches, server } = this.parts
    const closed = server.close(CLOSE_GRACE_MS)
    transactions.close()
    groups.close()
    fetches.completeAll()
    await closed
    await cleaner.stop()
    await logs.close()
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

/** Before anything else that follows the metadata: the others see the new values. */
function followDynamicSettings(settings: BrokerSettings, metadata: MetadataLog): void {
  const update = () => {
    const own = metadata.image.configsOf(ConfigResource.broker, String(settings.effective['node.id']))
    settings.setDynamic(own, metadata.image.configsOf(ConfigResource.broker, ALL_BROKERS))
  }
  update()
  metadata.onChange(record => {
    if (record.kind === 'ConfigRecord' && record.value.resourceType === ConfigResource.broker) update()
  })
}

function orUnbounded(bound: number): number {
  return bound < 0 ? Number.POSITIVE_INFINITY : bound
}

function warnOfUncleanable(report: CompactionReport): void {
  if (report.kind === 'uncleanable') warn(new Error(`${report.partition} is not compacted`, { cause: report.error }))
}

function warnOfDisk(failure: StorageFailure): void {
  process.emitWarning(storageFailureText(failure))
}

function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error))
}
