import { Consumer, type FetchedBatch } from '@millrace/client'
import type { SeededRandom } from '@millrace/platform'
import { type History, nameOf, type RecordId } from './history.ts'
import type { Running, Start } from './machine.ts'
import { INPUT } from './producing.ts'

export const GROUP = 'readers'

export interface ConsumingOptions extends Start {
  readonly history: History
  readonly random: SeededRandom
}

/** A member of the group: it processes what it polls and then, sometimes, commits. */
export async function consume({ platform, history, random, name, fail }: ConsumingOptions): Promise<Running> {
  const consumer = new Consumer({
    platform,
    clientId: name,
    bootstrapServers: 'broker:9092',
    groupId: GROUP,
    autoOffsetReset: 'earliest',
    enableAutoCommit: false,
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 1_000,
    maxPollIntervalMs: 10_000,
    maxPollRecords: random.between(1, 100),
    requestTimeoutMs: 12_000,
    defaultApiTimeoutMs: 15_000,
    socketConnectionSetupTimeoutMs: 2_000,
  })
  /** Where each partition that the group gave us goes on; none before its first record. */
  const positions = new Map<number, number>()
  await consumer.subscribe([INPUT], {
    onPartitionsRevoked(partitions) {
      for (const { partition } of partitions) positions.delete(partition)
    },
  })

  function process({ partition, records, nextOffset }: FetchedBatch): void {
    const first = records[0]!
    const position = positions.get(partition)
    if (position === undefined) history.began(name, partition, first.offset)
    let expected = position ?? first.offset
    for (const { offset, value } of records) {
      if (offset !== expected) history.problem(`${name} gets ${partition}/${offset} after ${partition}/${expected - 1}`)
      expected = offset + 1
      history.saw(name, partition, offset, nameOf(JSON.parse(value!.toString()) as RecordId))
    }
    positions.set(partition, nextOffset)
    history.processedTo(partition, nextOffset)
  }

  async function commit(): Promise<void> {
    const offsets = [...positions].map(([partition, offset]) => ({ topic: INPUT, partition, offset }))
    const before = history.committed
    try {
      await consumer.commit(offsets, { timeoutMs: 5_000 })
      for (const { partition, offset } of offsets) history.committedTo(name, partition, offset, before)
    } catch (error) {
      // The group has moved on, or nobody answered: both are part of life. What was processed comes again.
      void error
    }
  }

  let stopped = false
  async function run(): Promise<void> {
    while (!stopped) {
      const batches = await consumer.poll({ maxWaitMs: 500 })
      for (const batch of batches) process(batch)
      if (random.chance(0.1)) await platform.timers.sleep(random.integer(500))
      if (batches.length > 0 && random.chance(0.5)) await commit()
    }
  }
  const running = run().catch(error => {
    if (!stopped) fail(error)
  })

  return {
    async stop() {
      stopped = true
      await consumer.close()
      await running
    },
  }
}
