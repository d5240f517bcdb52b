import {
  Admin,
  Consumer,
  DeliveryTimeoutError,
  type PlatformOption,
  Producer,
  RecordTooLargeError,
} from '@millrace/client'
import { realPlatform } from '@millrace/platform'
import { KafkaError } from '@millrace/protocol'
import type { EncodedRecord } from '../subjects/records.ts'
import { RegistryError, schemaTooLarge, storeFailed, storeTimedOut } from '../subjects/registry-error.ts'
import { OffsetWaiters } from './offset-waiters.ts'
import type { LogEntry, SchemasLog } from './schemas-log.ts'
import { ensureSchemasTopic } from './schemas-topic.ts'

export const DEFAULT_SCHEMAS_TOPIC = '_schemas'
/** For the first read of the whole topic (`kafkastore.init.timeout.ms`). */
export const DEFAULT_INIT_TIMEOUT_MS = 60_000
/** From the acknowledgement of a write until it is read back (`kafkastore.timeout.ms`). */
export const DEFAULT_READ_BACK_TIMEOUT_MS = 30_000

export interface KafkaLogOptions extends PlatformOption {
  readonly bootstrapServers: readonly string[] | string
  /** `kafkastore.topic`. */
  readonly topic?: string
  readonly initTimeoutMs?: number
  readonly readBackTimeoutMs?: number
  /** Hears when reading has ended for good: the registry no longer learns of anything, and refuses writes. */
  readonly onFailure?: (error: Error) => void
}

interface Clients {
  readonly producer: Producer
  readonly consumer: Consumer
  readonly waiters: OffsetWaiters
}

/** `_schemas` of a Kafka cluster. */
export class KafkaLog implements SchemasLog {
  private readonly topic: string
  private clients: Clients | undefined
  private reading: Promise<void> = Promise.resolve()
  private isClosed = false

  constructor(private readonly options: KafkaLogOptions) {
    this.topic = options.topic ?? DEFAULT_SCHEMAS_TOPIC
  }

  async open(apply: (entry: LogEntry) => void): Promise<void> {
    const platform = this.options.platform ?? realPlatform()
    const connection = { bootstrapServers: this.options.bootstrapServers, clientId: 'schema-registry', platform }
    await using admin = new Admin(connection)
    await ensureSchemasTopic(admin, this.topic)
    const at = { topic: this.topic, partition: 0 }
    const end = (await admin.listOffsets([{ ...at, at: 'latest' }])).get(this.topic, 0)?.offset ?? 0
    const producer = new Producer({ ...connection, acks: 'all', lingerMs: 0 })
    const consumer = new Consumer({ ...connection, autoOffsetReset: 'earliest', enableAutoCommit: false })
    const clients = { producer, consumer, waiters: new OffsetWaiters(platform.timers) }
    this.clients = clients
    await consumer.assign([at])
    this.reading = this.read(clients, apply)
    await clients.waiters.until(end, this.options.initTimeoutMs ?? DEFAULT_INIT_TIMEOUT_MS)
  }

  /** Ends with the consumer's end. */
  private async read({ consumer, waiters }: Clients, apply: (entry: LogEntry) => void): Promise<void> {
    const at = { topic: this.topic, partition: 0 }
    try {
      while (!this.isClosed) {
        for (const { records } of await consumer.poll())
          for (const { offset, key, value, timestampMs } of records)
            apply({ offset, key: textOf(key), value: textOf(value), timestampMs })
        // Not the last record's offset: what compaction took away at the end counts as read too.
        waiters.advance(await consumer.position(at))
      }
    } catch (error) {
      if (this.isClosed) return
      const failure = storeFailed(`reading ${this.topic} failed: ${messageOf(error)}`, { cause: error })
      waiters.fail(failure)
      this.options.onFailure?.(failure)
    }
  }

  async append(records: readonly EncodedRecord[]): Promise<void> {
    if (this.clients === undefined || this.isClosed) throw storeFailed('the log is not open')
    const { producer, waiters } = this.clients
    let end = 0
    try {
      const partition = 0
      const ranges = await producer.sendBatch(
        this.topic,
        records.map(record => ({ ...record, partition })),
      )
      for (const { baseOffset, recordCount } of ranges) end = Math.max(end, baseOffset + recordCount)
      if (ranges.some(({ baseOffset }) => baseOffset < 0)) end = await this.endOffset()
    } catch (error) {
      throw writeFailure(error)
    }
    await waiters.until(end, this.options.readBackTimeoutMs ?? DEFAULT_READ_BACK_TIMEOUT_MS)
  }

  /** For a batch that the broker had already, whose place it does not tell. */
  private async endOffset(): Promise<number> {
    const ends = await this.clients?.consumer.endOffsets([{ topic: this.topic, partition: 0 }])
    return ends?.get(this.topic, 0) ?? 0
  }

  async close(): Promise<void> {
    if (this.isClosed) return
    this.isClosed = true
    await this.clients?.producer.close()
    await this.clients?.consumer.close()
    await this.reading
    this.clients?.waiters.fail(storeFailed('the log was closed'))
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }
}

function writeFailure(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error
  const isTooLarge =
    error instanceof RecordTooLargeError ||
    (error instanceof KafkaError && (error.code === 'MESSAGE_TOO_LARGE' || error.code === 'RECORD_LIST_TOO_LARGE'))
  if (isTooLarge) return schemaTooLarge()
  if (error instanceof DeliveryTimeoutError) return storeTimedOut(error.message, { cause: error })
  return storeFailed(`the write failed: ${messageOf(error)}`, { cause: error })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function textOf(bytes: Buffer | null): string | null {
  return bytes === null ? null : bytes.toString('utf8')
}
