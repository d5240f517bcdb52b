import { Producer, Serdes } from '@millrace/client'
import type { Platform } from '@millrace/platform'
import {
  Consumed,
  Grouped,
  KafkaStreams,
  Materialized,
  milliseconds,
  minutes,
  Produced,
  type StateEngines,
  StreamsBuilder,
  TimeWindowedSerde,
  TimeWindows,
  type Topology,
} from '@millrace/streams'
import type { Running, Start } from './machine.ts'
import { animalOf, INPUT } from './producing.ts'
import type { Scenario } from './scenario.ts'

export const APPLICATION = 'counting'
export const OUTPUT = 'counts'
const STORE = 'counted'
export const REPARTITION = `${APPLICATION}-${STORE}-repartition`

/** Clocks jump by minutes; nothing is to be too late for its window. */
const GRACE = minutes(60)

export const windowedKeySerde = ({ windowMs }: Scenario) => new TimeWindowedSerde(Serdes.string(), windowMs)

/** The key that is counted. */
export function countedKey(key: string, { isRekeyed }: Scenario): string {
  return isRekeyed ? animalOf(key) : key
}

function countPerKeyAndWindow(scenario: Scenario): Topology {
  const builder = new StreamsBuilder()
  const input = builder.stream(INPUT, Consumed.with(Serdes.string(), Serdes.bytes()))
  const keyed = scenario.isRekeyed ? input.selectKey(key => countedKey(key, scenario)) : input
  keyed
    .groupByKey(Grouped.with(Serdes.string(), Serdes.bytes()))
    .windowedBy(TimeWindows.ofSizeAndGrace(milliseconds(scenario.windowMs), GRACE))
    .count(Materialized.as(STORE))
    .toStream()
    .to(OUTPUT, Produced.with(windowedKeySerde(scenario), Serdes.int64()))
  return builder.build()
}

export interface CountingOptions extends Start {
  readonly scenario: Scenario
  readonly stateEngines: StateEngines
}

/** An instance of the application that counts the input per key and window. */
export async function count({ platform, scenario, name, fail, stateEngines }: CountingOptions): Promise<Running> {
  await waitForTopic(platform, INPUT)
  const application = new KafkaStreams(countPerKeyAndWindow(scenario), {
    platform,
    stateEngines,
    applicationId: APPLICATION,
    clientId: name,
    bootstrapServers: 'broker:9092',
    stateDir: '/state',
    commitIntervalMs: scenario.commitIntervalMs,
    statePersistIntervalMs: scenario.persistIntervalMs,
    consumer: {
      sessionTimeoutMs: 6_000,
      heartbeatIntervalMs: 1_000,
      maxPollIntervalMs: 10_000,
      requestTimeoutMs: 12_000,
      socketConnectionSetupTimeoutMs: 2_000,
    },
    producer: { requestTimeoutMs: 2_000, socketConnectionSetupTimeoutMs: 2_000 },
    uncaughtExceptionHandler: fail,
  })
  await application.start()
  return { stop: () => application.close() }
}

async function waitForTopic(platform: Platform, topic: string): Promise<void> {
  const producer = new Producer({
    platform,
    bootstrapServers: 'broker:9092',
    requestTimeoutMs: 2_000,
    maxBlockMs: 120_000,
  })
  await producer.partitionsFor(topic)
  await producer.close()
}
