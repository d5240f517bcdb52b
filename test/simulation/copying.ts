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

type Batches = readonly FetchedBatch[]

export interface CopyingOptions extends Start {
  /** The same after each restart: a successor fences what is left of its predecessor. Null: no transactions. */
  readonly transactionalId: string | null
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
      ...(transactionalId === null ? {} : { transactionalId }),
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
      if (transactionalId !== null) await producer.initTransactions()
      consumer.subscribe([INPUT])
      while (!stopped) {
        const batches = await consumer.poll({ maxWaitMs: 500 })
        if (batches.length === 0) continue
        if (transactionalId === null) await copyAtLeastOnce(producer, consumer, batches)
        else await copyInTransaction(producer, consumer, batches)
      }
    } finally {
      await Promise.all([producer.close({ timeoutMs: 1_000 }), consumer.close({ timeoutMs: 1_000 })])
    }
  }

  async function copyInTransaction(producer: Producer, consumer: Consumer, batches: Batches): Promise<void> {
    producer.beginTransaction()
    // What cannot be sent fails the commit.
    for (const sent of send(producer, batches)) sent.catch(() => undefined)
    await dawdle()
    if (random.chance(0.1)) {
      await producer.abortTransaction()
      for (const { topic, partition, records } of batches) consumer.seek({ topic, partition }, records[0]!.offset)
      return
    }
    await producer.sendOffsetsToTransaction(offsetsBehind(batches), consumer.groupMetadata())
    await producer.commitTransaction()
  }

  async function copyAtLeastOnce(producer: Producer, consumer: Consumer, batches: Batches): Promise<void> {
    await Promise.all(send(producer, batches))
    await dawdle()
    await consumer.commit(offsetsBehind(batches))
  }

  /** Time for things to go wrong. */
  async function dawdle(): Promise<void> {
    if (random.chance(0.3)) await platform.timers.sleep(random.between(1, LONGEST_PAUSE_MS))
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

function send(producer: Producer, batches: Batches): Promise<unknown>[] {
  return batches.flatMap(({ partition, records }) =>
    records.map(({ key, value, timestampMs }) => producer.send({ topic: COPY, partition, key, value, timestampMs })),
  )
}

function offsetsBehind(batches: Batches) {
  return batches.map(({ topic, partition, nextOffset: offset }) => ({ topic, partition, offset }))
}
