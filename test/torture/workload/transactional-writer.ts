import { setTimeout as sleep } from 'node:timers/promises'
import {
  Consumer,
  nameOfPartition,
  Producer,
  ProducerFencedError,
  TimeoutError,
  type TopicPartition,
} from '@millrace/client'
import type { SeededRandom } from '@millrace/platform'
import type { HistoryRecorder, Transaction } from '../history/history.ts'
import { nameIn, sizedValue } from '../history/sized-value.ts'

const TRANSACTIONS = 4
const MOST_RECORDS = 4
const VALUE_BYTES = 120
const COPY_SHARE = 0.4
const COPIED_RECORDS = 3
const ENDINGS = [
  ...new Array<Ending>(13).fill('commit'),
  ...new Array<Ending>(4).fill('abort'),
  ...new Array<Ending>(3).fill('become a zombie'),
]
const MOST_ATTEMPTS = 8

type Ending = 'commit' | 'abort' | 'become a zombie'

export interface TransactionalWriterOptions {
  /** Its transactional id. */
  readonly name: string
  readonly topic: string
  readonly partitions: readonly TopicPartition[]
  readonly transactionTimeoutMs: number
  /** It leaves its last transaction alone. */
  readonly isAbandoning: boolean
  readonly bootstrapServers: string
  readonly recorder: HistoryRecorder
  readonly random: SeededRandom
}

/** Offsets that a transaction carries for the writer's group. */
export interface CarriedOffset {
  readonly transaction: Transaction
  readonly partition: string
  readonly offset: number
}

/**
 * A writer of transactions, one after the other: records of its own, and records made from what it read, with the offsets.
 * Now and then it is replaced while a transaction is open, and goes on as a zombie.
 */
export class TransactionalWriter {
  readonly problems: string[] = []
  readonly offsets: CarriedOffset[] = []
  zombiesFenced = 0
  /** Monotonic; 0 if nothing was. */
  abandonedAtMs = 0
  private producer: Producer | undefined
  private incarnation = 0
  private transactions = 0
  private sent = 0
  private readonly consumer: Consumer

  constructor(private readonly options: TransactionalWriterOptions) {
    this.consumer = new Consumer({
      ...this.connection,
      groupId: this.groupId,
      enableAutoCommit: false,
      isolationLevel: 'read_committed',
      autoOffsetReset: 'earliest',
      maxPollRecords: COPIED_RECORDS,
      fetchMaxWaitMs: 50,
    })
    this.consumer.assign(options.partitions)
  }

  get groupId(): string {
    return `${this.options.name}-group`
  }
  get partitions(): readonly TopicPartition[] {
    return this.options.partitions
  }
  private get connection() {
    const { bootstrapServers, name } = this.options
    return { bootstrapServers, clientId: name, requestTimeoutMs: 1_500, retryBackoffMs: 20, retryBackoffMaxMs: 100 }
  }

  async run(): Promise<void> {
    try {
      for (let index = 0; index < TRANSACTIONS; index++) await this.transact()
      if (this.options.isAbandoning) await this.abandon()
      // Whatever was left without an answer is decided by this.
      else await this.nextIncarnation()
    } catch (error) {
      this.problems.push(`${this.options.name} gave up: ${error instanceof Error ? error.stack : error}`)
    }
    await this.consumer.close()
    if (this.abandonedAtMs === 0) await this.producer?.close()
  }

  private async transact(): Promise<void> {
    const { random, recorder, name } = this.options
    const producer = (this.producer ??= await this.nextIncarnation())
    const transaction = recorder.begin(`${name}#${this.transactions++}`, `${name}.${this.incarnation}`)
    producer.beginTransaction()
    try {
      this.write(producer, transaction, random.between(1, MOST_RECORDS))
      if (random.chance(COPY_SHARE)) await this.copy(producer, transaction)
      if (random.chance(0.3)) await sleep(random.integer(30))
      const ending = random.pick(ENDINGS)
      if (ending === 'become a zombie') return await this.becomeZombie(producer, transaction)
      if (ending === 'commit') return await this.commit(producer, transaction)
    } catch (error) {
      if (error instanceof ProducerFencedError) return this.lose(producer)
    }
    await this.abort(producer, transaction)
  }

  private write(producer: Producer, transaction: Transaction, count: number): void {
    for (let left = count; left > 0; left--) this.send(producer, transaction)
  }

  private send(producer: Producer, transaction: Transaction): void {
    const { name, topic, partitions, random, recorder } = this.options
    const { partition } = random.pick(partitions)
    const id = `${name}.${this.incarnation}/${this.sent++}`
    const write = recorder.write({
      name: id,
      partition: `${topic}-${partition}`,
      producer: `${name}.${this.incarnation}`,
      transaction: transaction.name,
    })
    producer.send({ topic, partition, value: sizedValue(id, VALUE_BYTES) }).then(
      ({ offset }) => recorder.acknowledged(write, offset),
      // The outcome is the transaction's.
      () => {},
    )
  }

  /** Writes a record for each that it reads, and takes the offsets into the transaction. */
  private async copy(producer: Producer, transaction: Transaction): Promise<void> {
    const { recorder, name } = this.options
    const batches = await this.consumer.poll({ maxWaitMs: 200 })
    for (const batch of batches) {
      const records = batch.records.map(({ offset, value }) => ({ offset, name: nameIn(value) }))
      recorder.poll({
        reader: name,
        partition: nameOfPartition(batch),
        session: 0,
        isolation: 'read_committed',
        records,
      })
      transaction.reads.push(...records.map(record => record.name))
      this.write(producer, transaction, records.length)
    }
    if (batches.length === 0) return
    const offsets = batches.map(({ topic, partition, nextOffset }) => ({ topic, partition, offset: nextOffset }))
    for (const at of offsets) this.offsets.push({ transaction, partition: nameOfPartition(at), offset: at.offset })
    await this.again(() => producer.sendOffsetsToTransaction(offsets, this.consumer.groupMetadata()))
  }

  private async commit(producer: Producer, transaction: Transaction): Promise<void> {
    this.options.recorder.ending(transaction)
    await this.again(() => producer.commitTransaction())
    transaction.outcome = 'committed'
  }

  private async abort(producer: Producer, transaction: Transaction): Promise<void> {
    this.options.recorder.ending(transaction)
    try {
      await this.again(() => producer.abortTransaction())
      transaction.outcome = 'aborted'
    } catch {
      this.lose(producer)
    }
  }

  /** A successor takes over; the old one must not get anything through any more. */
  private async becomeZombie(producer: Producer, transaction: Transaction): Promise<void> {
    const { name } = this.options
    const zombie = producer
    this.producer = undefined
    const incarnation = this.incarnation
    this.producer = await this.nextIncarnation()
    // Nobody had asked to commit it, so it was aborted.
    transaction.outcome = 'aborted'
    this.incarnation = incarnation
    this.send(zombie, transaction)
    this.incarnation++
    try {
      await zombie.commitTransaction({ timeoutMs: 5_000 })
      this.problems.push(`the zombie of ${name} committed ${transaction.name}`)
    } catch {
      this.zombiesFenced++
    }
    this.lose(zombie)
  }

  /** Leaves a transaction open, and goes. */
  private async abandon(): Promise<void> {
    const { recorder, name } = this.options
    const producer = (this.producer ??= await this.nextIncarnation())
    const transaction = recorder.begin(`${name}#abandoned`, `${name}.${this.incarnation}`)
    producer.beginTransaction()
    this.write(producer, transaction, MOST_RECORDS)
    await producer.flush().catch(() => {})
    transaction.outcome = 'aborted'
    this.abandonedAtMs = performance.now()
  }

  /** A producer that is of no more use, or whose fate is not known. Closing may take long, so nobody waits. */
  private lose(producer: Producer): void {
    if (this.producer === producer) this.producer = undefined
    producer.close({ timeoutMs: 100 }).catch(() => {})
  }

  private async nextIncarnation(): Promise<Producer> {
    const { name, transactionTimeoutMs } = this.options
    if (this.producer !== undefined) this.lose(this.producer)
    this.incarnation++
    const producer = new Producer({
      ...this.connection,
      transactionalId: name,
      transactionTimeoutMs,
      deliveryTimeoutMs: 20_000,
      maxBlockMs: 20_000,
    })
    await this.again(() => producer.initTransactions())
    this.producer = producer
    return producer
  }

  /** The same call once more after a timeout, as it is meant to be. */
  private async again(call: () => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await call()
      } catch (error) {
        if (!(error instanceof TimeoutError) || attempt === MOST_ATTEMPTS) throw error
      }
    }
  }
}
