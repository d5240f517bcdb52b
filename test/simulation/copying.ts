import { Consumer, type FetchedBatch, Producer } from '@millrace/client'
import type { SeededRandom } from '@millrace/platform'
import { MillraceError } from '@millrace/protocol'
import type { Running, Start } from './machine.ts'
import { INPUT } from './producing.ts'

export const COPY = 'copied'
export const COPIERS = 'copiers'

/** Below the time after which a run has to have come right, by far. */
const TRANSACTION_TIMEOUT_MS = 5_000
const LONGEST_PAUSE_MS = 1_000

export interface CopyingOptions extends Start {
  /** The same after each restart: a successor fences what is left of its predecessor. */
  readonly transactionalId: string
  readonly random: SeededRandom
}

/**
 * Copies the input exactly once: each poll is a transaction of the copies and of the group's offsets. Now and then one is
 * aborted for no reason. After an error everything is thrown away and begun anew, as an application would do it.
 */
export function copy({ platform, transactionalId, random, name, fail }: CopyingOptions): Running {
  const client = {
    platform,
    clientId: name,
    bootstrapServers: 'broker:9092',
    requestTimeoutMs: 2_000,
    socketConnectionSetupTimeoutMs: 2_000,
  }
  let stopped = false

  /** Until it is to stop, or something fails. */
  async function session(): Promise<void> {
    const producer = new Producer({
      ...client,
      transactionalId,
      transactionTimeoutMs: TRANSACTION_TIMEOUT_MS,
      deliveryTimeoutMs: TRANSACTION_TIMEOUT_MS,
      maxBlockMs: 2 * TRANSACTION_TIMEOUT_MS,
    })
    const consumer = new Consumer({
      ...client,
      groupId: COPIERS,
      isolationLevel: 'read_committed',
      autoOffsetReset: 'earliest',
      enableAutoCommit: false,
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 1_000,
      maxPollIntervalMs: 10_000,
      requestTimeoutMs: 12_000,
      maxPollRecords: random.between(1, 200),
    })
    try {
      await producer.initTransactions()
      consumer.subscribe([INPUT])
      while (!stopped) {
        const batches = await consumer.poll({ maxWaitMs: 500 })
        if (batches.length > 0) await transaction(producer, consumer, batches)
      }
    } finally {
      await Promise.all([producer.close({ timeoutMs: 1_000 }), consumer.close({ timeoutMs: 1_000 })])
    }
  }

  async function transaction(producer: Producer, consumer: Consumer, batches: readonly FetchedBatch[]): Promise<void> {
    producer.beginTransaction()
    for (const { partition, records } of batches)
      for (const { key, value, timestampMs } of records) {
        // What cannot be sent fails the commit.
        producer.send({ topic: COPY, partition, key, value, timestampMs }).catch(() => undefined)
      }
    if (random.chance(0.1)) {
      await producer.abortTransaction()
      for (const { topic, partition, records } of batches) consumer.seek({ topic, partition }, records[0]!.offset)
      return
    }
    const offsets = batches.map(({ topic, partition, nextOffset: offset }) => ({ topic, partition, offset }))
    await producer.sendOffsetsToTransaction(offsets, consumer.groupMetadata())
    await producer.commitTransaction()
  }

  async function run(): Promise<void> {
    while (!stopped) {
      try {
        await session()
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
        await platform.timers.sleep(random.between(1, LONGEST_PAUSE_MS))
      }
    }
  }
  const running = run().catch(error => {
    if (!stopped) fail(error)
  })

  return {
    async stop() {
      stopped = true
      await running
    },
  }
}
