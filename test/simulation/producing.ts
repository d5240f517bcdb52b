import { Producer } from '@millrace/client'
import type { SeededRandom } from '@millrace/platform'
import { type History, nameOf, type RecordId } from './history.ts'
import type { Running, Start } from './machine.ts'
import type { Scenario } from './scenario.ts'

export const INPUT = 'input'
const ANIMALS = ['ant', 'bee', 'cat', 'dog'] as const

/** A key stays in its partition, as a partitioner would have it. */
const keyOf = (animal: string, partition: number) => `${animal} ${partition}`
export const animalOf = (key: string) => key.split(' ')[0]!

/** How long a producer goes on trying: longer than any trouble, so that what it still gives up shows a fault of its own. */
const DELIVERY_TIMEOUT_MS = 90_000

export interface ProducingOptions extends Start {
  readonly scenario: Scenario
  readonly history: History
  readonly random: SeededRandom
  readonly onDone: () => void
}

/** Sends records, each to a partition of its choice, and notes what became of them. */
export function produce({ platform, scenario, history, random, name, fail, onDone }: ProducingOptions): Running {
  const producer = new Producer({
    platform,
    clientId: name,
    bootstrapServers: 'broker:9092',
    enableIdempotence: scenario.isIdempotent,
    lingerMs: scenario.lingerMs,
    compressionType: scenario.compression,
    requestTimeoutMs: 2_000,
    deliveryTimeoutMs: DELIVERY_TIMEOUT_MS,
    maxBlockMs: DELIVERY_TIMEOUT_MS,
    socketConnectionSetupTimeoutMs: 2_000,
  })
  const sequences = new Map<number, number>()

  function send(): Promise<void> {
    const partition = random.integer(scenario.partitions)
    const sequence = sequences.get(partition) ?? 0
    sequences.set(partition, sequence + 1)
    const id: RecordId = { producer: name, partition, sequence }
    const record = nameOf(id)
    history.sent.add(record)
    const padding = 'x'.repeat(random.integer(scenario.longestPaddingBytes + 1))
    return producer
      .send({
        topic: INPUT,
        partition,
        key: keyOf(random.pick(ANIMALS), partition),
        value: JSON.stringify({ ...id, padding }),
        timestampMs: platform.clock.nowMs(),
      })
      .then(
        ({ offset }) => {
          history.acknowledged.set(record, { partition, offset })
        },
        error => {
          history.problem(`${record} was given up: ${error}`)
        },
      )
  }

  async function run(): Promise<void> {
    const outcomes: Promise<void>[] = []
    for (let record = 0; record < scenario.recordsPerProducer; record++) {
      outcomes.push(send())
      if (scenario.longestPauseMs > 0) await platform.timers.sleep(random.integer(scenario.longestPauseMs) + 1)
    }
    await Promise.all(outcomes)
    await producer.close()
    onDone()
  }

  run().catch(fail)
  return { stop: () => producer.close() }
}
