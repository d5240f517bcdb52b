/** Broker, schema registry and SQL server in one process, with their data in one directory. */
import { Broker, storageFailureText } from '@millrace/broker'
import { builtInFunctions, KsqlEngine, ksqlApp, RegistryFormats } from '@millrace/ksql'
import type { Platform } from '@millrace/platform'
import { InProcessRegistryClient, KafkaLog, registryApp, SchemaRegistry } from '@millrace/schema-registry'
import { VERSION } from '../version.ts'
import { listenHttp } from './http-server.ts'

export interface AllInOneOptions {
  readonly platform: Platform
  readonly dataDirectory: string
  readonly host: string
  /** 0 takes a free port. */
  readonly brokerPort: number
  readonly registryPort: number
  readonly sqlPort: number
  /** Broker settings under Kafka's names, over those below. */
  readonly brokerConfig?: Readonly<Record<string, string>>
  readonly serviceId: string
  /** Told what goes wrong and is nobody's answer. */
  readonly onWarning: (message: string) => void
}

export interface Addresses {
  readonly bootstrapServers: string
  readonly registryUrl: string
  readonly sqlUrl: string
}

/** How long a change of a table takes at most to be seen by a pull query. */
const SQL_COMMIT_INTERVAL_MS = 200

export class AllInOne implements AsyncDisposable {
  private constructor(
    readonly addresses: Addresses,
    /** In the order of their start. */
    private readonly parts: readonly (() => Promise<unknown>)[],
  ) {}

  /**
   * Resolves once all three answer; running queries may still be catching up. What has started is stopped again when a
   * later part cannot start. Rejects with NetworkError (`EADDRINUSE`), DataDirectoryLockedError and what the parts throw.
   */
  static async start(options: AllInOneOptions): Promise<AllInOne> {
    const { platform, dataDirectory, host, serviceId, onWarning } = options
    const parts: (() => Promise<unknown>)[] = []
    try {
      platform.files.makeDirectory(dataDirectory)
      const broker = await Broker.start({
        platform,
        config: {
          'log.dirs': `${dataDirectory}/broker`,
          listeners: `PLAINTEXT://${host}:${options.brokerPort}`,
          // One process starts all its members at once: there is nobody to wait for.
          'group.initial.rebalance.delay.ms': '0',
          ...options.brokerConfig,
        },
        onRecovery: ({ partition, wasScanned, truncatedBytes }) => {
          if (wasScanned && truncatedBytes > 0) onWarning(`recovered ${partition}, cut off ${truncatedBytes} bytes`)
        },
        onStorageFailure: failure => onWarning(storageFailureText(failure)),
        onBug: error => onWarning(`broker: ${String(error)}`),
      })
      parts.push(() => broker.close())
      const { bootstrapServers } = broker
      const registry = await SchemaRegistry.start({ log: new KafkaLog({ bootstrapServers, platform }) })
      parts.push(() => registry[Symbol.asyncDispose]())
      const registryServer = await listenHttp(registryApp({ registry }).fetch, { host, port: options.registryPort })
      parts.push(() => registryServer.close())
      const engine = await KsqlEngine.open({
        bootstrapServers,
        platform,
        serviceId,
        stateDir: `${dataDirectory}/sql`,
        commitIntervalMs: SQL_COMMIT_INTERVAL_MS,
        functions: builtInFunctions(platform),
        formats: new RegistryFormats(new InProcessRegistryClient(registry)),
        onProcessingError: ({ queryId, step, error }) => onWarning(`query ${queryId}, ${step}: ${error.message}`),
      })
      parts.push(() => engine[Symbol.asyncDispose]())
      const app = ksqlApp({
        engine,
        version: VERSION,
        clusterId: serviceId,
        serviceId,
        onBug: error => onWarning(`SQL server: ${String(error)}`),
      })
      const sqlServer = await listenHttp(app.fetch, { host, port: options.sqlPort })
      parts.push(() => sqlServer.close())
      const addresses = {
        bootstrapServers,
        registryUrl: `http://${host}:${registryServer.port}`,
        sqlUrl: `http://${host}:${sqlServer.port}`,
      }
      return new AllInOne(addresses, parts)
    } catch (error) {
      await stopAll(parts).catch(failure => onWarning(`stopping: ${String(failure)}`))
      throw error
    }
  }

  /** Stops in the order opposite to the start. */
  async [Symbol.asyncDispose](): Promise<void> {
    await stopAll(this.parts)
  }
}

/** Stops every part, whatever becomes of the others; then rejects with the first failure. */
async function stopAll(parts: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = []
  for (const stop of parts.toReversed()) await stop().catch(error => failures.push(error))
  if (failures.length > 0) throw failures[0]
}
