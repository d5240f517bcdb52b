import { Consumer } from '@millrace/client'
import { MillraceError } from '@millrace/protocol'
import type { History } from './history.ts'
import type { Running, Start } from './machine.ts'
import { INPUT } from './producing.ts'
import type { Scenario } from './scenario.ts'

const INTERVAL_MS = 300

export interface ObservingOptions extends Start {
  readonly scenario: Scenario
  readonly history: History
  readonly isOver: () => boolean
}

/** Asks again and again where the partitions end. */
export async function observe({ platform, scenario, history, name, fail, isOver }: ObservingOptions): Promise<Running> {
  const consumer = new Consumer({
    platform,
    clientId: name,
    bootstrapServers: 'broker:9092',
    requestTimeoutMs: 2_000,
    socketConnectionSetupTimeoutMs: 2_000,
  })
  const partitions = Array.from({ length: scenario.partitions }, (_, partition) => ({ topic: INPUT, partition }))
  async function run(): Promise<void> {
    while (!isOver()) {
      const before = history.logEnds
      try {
        const ends = await consumer.endOffsets(partitions, { timeoutMs: 5_000 })
        for (const [{ partition }, end] of ends) history.logEndsAt(name, partition, end, before)
      } catch (error) {
        if (!(error instanceof MillraceError)) throw error
      }
      await platform.timers.sleep(INTERVAL_MS)
    }
    await consumer.close()
  }
  const running = run().catch(fail)
  return { stop: () => running }
}
