import { Broker } from '@millrace/broker'
import type { Platform } from '@millrace/platform'
import type { History } from './history.ts'
import type { Running } from './machine.ts'
import type { Scenario } from './scenario.ts'

export async function startBroker(platform: Platform, scenario: Scenario, history: History): Promise<Running> {
  const broker = await Broker.start({
    platform,
    config: {
      'log.dirs': '/data',
      listeners: 'PLAINTEXT://broker:9092',
      'num.partitions': scenario.partitions,
      'log.roll.ms': scenario.segmentMs,
      'log.flush.interval.messages': scenario.flushMessages,
      'log.index.interval.bytes': scenario.indexIntervalBytes,
      'offsets.topic.num.partitions': 2,
      'transaction.state.log.num.partitions': 2,
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': 1_000,
      'group.initial.rebalance.delay.ms': scenario.rebalanceDelayMs,
    },
    onBug: error => history.problem(`bug in the broker: ${error instanceof Error ? error.stack : error}`),
  })
  return { stop: () => broker.close() }
}
