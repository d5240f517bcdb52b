import { setTimeout as sleep } from 'node:timers/promises'
import { Consumer, type FetchedBatch, Producer } from '@millrace/client'

const POLL_MS = 200
const RETRY_MS = 50

export interface CopierOptions {
  readonly bootstrapServers: string
  readonly from: string
  readonly to: string
  readonly groupId: string
  readonly transactionalId: string
  /** At most. */
  readonly recordsPerTransaction: number
  /** Between two transactions, to make a copy last. */
  readonly pauseMs?: number
}

/**
 * Copies each record of one topic into the same partition of another, with its offset, in transactions: the shape of
 * Kafka's own `TransactionalMessageCopier`. What fails is aborted and done again; what cannot be aborted begins anew, as a
 * new incarnation that fences the old one.
 */
export class TransactionalCopier {
  committedTransactions = 0
  incarnations = 0
  /** Of the last transaction that failed. */
  lastFailure: unknown
  private isStopping = false
  private readonly running: Promise<void>

  constructor(private readonly options: CopierOptions) {
    this.running = this.run()
  }

  async stop(): Promise<void> {
    this.isStopping = true
    await this.running
  }

  private async run(): Promise<void> {
    while (!this.isStopping) {
      this.incarnations++
      try {
        await this.copyUntilFailure()
      } catch (error) {
        this.lastFailure = error
        await sleep(RETRY_MS)
      }
    }
  }

  private async copyUntilFailure(): Promise<void> {
    const { bootstrapServers, transactionalId, groupId, from, recordsPerTransaction, pauseMs = 0 } = this.options
    const connection = { bootstrapServers, clientId: transactionalId, requestTimeoutMs: 5_000, retryBackoffMaxMs: 200 }
    await using producer = new Producer({ ...connection, transactionalId, transactionTimeoutMs: 20_000 })
    await using consumer = new Consumer({
      ...connection,
      groupId,
      isolationLevel: 'read_committed',
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      maxPollRecords: recordsPerTransaction,
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 500,
    })
    await producer.initTransactions()
    consumer.subscribe([from])
    while (!this.isStopping) {
      const batches = await consumer.poll({ maxWaitMs: POLL_MS })
      if (batches.length === 0) continue
      producer.beginTransaction()
      try {
        await this.copy(batches, producer, consumer)
        this.committedTransactions++
      } catch (error) {
        this.lastFailure = error
        await producer.abortTransaction()
        await this.rewind(consumer)
      }
      if (pauseMs > 0) await sleep(pauseMs)
    }
  }

  private async copy(batches: readonly FetchedBatch[], producer: Producer, consumer: Consumer): Promise<void> {
    const sent: Promise<unknown>[] = []
    for (const { partition, records } of batches)
      for (const { key, value } of records) sent.push(producer.send({ topic: this.options.to, partition, key, value }))
    const offsets = batches.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset }))
    const [added] = await Promise.allSettled([
      producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata()),
      ...sent,
    ])
    if (added.status === 'rejected') throw added.reason
    await producer.commitTransaction()
  }

  /** Reads again what the aborted transaction had read. */
  private async rewind(consumer: Consumer): Promise<void> {
    const partitions = consumer.assignment()
    const committed = await consumer.committed(partitions)
    for (const at of partitions) {
      const offset = committed.get(at.topic, at.partition)?.offset
      if (offset === undefined) consumer.seekToBeginning([at])
      else consumer.seek(at, offset)
    }
  }
}
