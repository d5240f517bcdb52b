import { Serdes } from '@millrace/client'
import {
  Consumed,
  Grouped,
  KafkaStreams,
  type KafkaStreamsOptions,
  Materialized,
  Produced,
  QueryableStoreTypes,
  StreamsBuilder,
  type Topology,
} from '@millrace/streams'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, LocalCluster } from './local-cluster.ts'

let cluster: LocalCluster
beforeAll(async () => {
  cluster = await LocalCluster.start()
})
afterAll(() => cluster.close())

function wordCount(input: string, output: string): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(input, Consumed.with(Serdes.string(), Serdes.string()))
    .flatMapValues(line => line.split(' '))
    .groupBy((_, word) => word, Grouped.with(Serdes.string(), Serdes.string()))
    .count(Materialized.as('counts'))
    .toStream()
    .to(output, Produced.with(Serdes.string(), Serdes.int64()))
  return builder.build()
}

function application(topology: Topology, applicationId: string, options: Partial<KafkaStreamsOptions> = {}) {
  return new KafkaStreams(topology, {
    applicationId,
    bootstrapServers: cluster.bootstrapServers,
    platform: cluster.platform,
    stateDir: cluster.stateDir,
    commitIntervalMs: 50,
    producer: { lingerMs: 5 },
    ...options,
  })
}

const LINES = ['to be or not to be', 'that is the question', 'to die to sleep', 'no more']
const EXPECTED = new Map<string, number>()
for (const word of LINES.flatMap(line => line.split(' '))) EXPECTED.set(word, (EXPECTED.get(word) ?? 0) + 1)

async function latest(topic: string): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (const { key, value } of await cluster.read(topic))
    counts.set(String(key), Serdes.int64().deserialize(topic, value!))
  return counts
}

const sorted = (map: Map<string, number>) => [...map].sort()

describe('word count through a repartition topic', () => {
  test('counts, answers queries, and a second run answers from its state without reading anything', async () => {
    await cluster.createTopics({ lines: 2, totals: 3 })
    await cluster.produce(
      'lines',
      LINES.map((value, i) => ({ key: String(i), value, timestampMs: i })),
    )
    const first = application(wordCount('lines', 'totals'), 'wc')
    await first.start()
    expect(first.state).toBe('RUNNING')
    await eventually(async () => JSON.stringify(sorted(await latest('totals'))) === JSON.stringify(sorted(EXPECTED)))
    await first.close()
    expect(first.state).toBe('NOT_RUNNING')

    await using second = application(wordCount('lines', 'totals'), 'wc')
    await second.start()
    const store = second.store('counts', QueryableStoreTypes.keyValueStore<string, number>())
    const rows = new Map<string, number>()
    for await (const [word, count] of store.all()) rows.set(word, count)
    expect(sorted(rows)).toEqual(sorted(EXPECTED))
    expect(store.get('to')).toBe(4)
    expect(store.get('nothing')).toBeUndefined()
    expect(second.metrics()['records-consumed-total']).toBe(0)
  })
})
