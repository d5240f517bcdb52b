import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Serdes } from '@millrace/client'
import {
  Consumed,
  Grouped,
  KafkaStreams,
  type KafkaStreamsOptions,
  type KafkaStreamsState,
  Materialized,
  Produced,
  QueryableStoreTypes,
  StreamsBuilder,
  TimeWindowedSerde,
  TimeWindows,
  type Topology,
} from '@millrace/streams'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, type TestCluster } from './test-cluster.ts'

let cluster: TestCluster

/** What applications do on any Kafka: `start` gives a cluster without topics. */
export function applicationBehaviour(start: () => Promise<TestCluster>): void {
  beforeAll(async () => {
    cluster = await start()
  })
  afterAll(() => cluster.close())
  behaviours()
}

function application(topology: Topology, applicationId: string, options: Partial<KafkaStreamsOptions> = {}) {
  return new KafkaStreams(topology, {
    applicationId,
    bootstrapServers: cluster.bootstrapServers,
    platform: cluster.platform,
    stateDir: cluster.stateDir,
    commitIntervalMs: 50,
    producer: { lingerMs: 5 },
    consumer: { heartbeatIntervalMs: 100 },
    ...options,
  })
}

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

/** Counts by key without a repartition topic. */
function keyCount(input: string, output: string): Topology {
  const builder = new StreamsBuilder()
  builder
    .stream(input, Consumed.with(Serdes.string(), Serdes.string()))
    .groupByKey()
    .count(Materialized.as('counts'))
    .toStream()
    .to(output, Produced.with(Serdes.string(), Serdes.int64()))
  return builder.build()
}

function countsOf(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words.toSorted()) counts[word] = (counts[word] ?? 0) + 1
  return counts
}

/** The last value of each key of a topic. */
async function latest(topic: string): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { key, value } of await cluster.read(topic))
    counts[String(key)] = Serdes.int64().deserialize(topic, value!)
  return Object.fromEntries(Object.entries(counts).sort())
}

async function rowsOf(app: KafkaStreams, store: string): Promise<Record<string, number>> {
  const rows: [string, number][] = []
  for await (const row of app.store(store, QueryableStoreTypes.keyValueStore<string, number>()).all())
    rows.push([...row])
  return Object.fromEntries(rows.sort())
}

const words = (text: string) => text.split(' ')
const records = (values: readonly string[]) =>
  values.map((value, i) => ({ key: String(i), value, timestampMs: 1_000 + i }))
const keyed = (keys: readonly string[]) => keys.map((key, i) => ({ key, value: 'x', timestampMs: 1_000 + i }))

const LINES = ['to be or not to be', 'that is the question', 'to die to sleep', 'no more']

function behaviours(): void {
  describe('word count through a repartition topic', () => {
    test('counts; a second run answers from its state and reads nothing; a third goes on', async () => {
      await cluster.createTopics({ lines: 2, totals: 3 })
      await cluster.produce('lines', records(LINES))
      const expected = countsOf(LINES.flatMap(words))
      const first = application(wordCount('lines', 'totals'), 'wc')
      await first.start()
      expect(first.state).toBe('RUNNING')
      await eventually(async () => expect(await latest('totals')).toEqual(expected))
      await first.close()
      expect(first.state).toBe('NOT_RUNNING')

      const second = application(wordCount('lines', 'totals'), 'wc')
      await second.start()
      expect(await rowsOf(second, 'counts')).toEqual(expected)
      const store = second.store('counts', QueryableStoreTypes.timestampedKeyValueStore<string, number>())
      expect(store.get('to')).toEqual({ value: 4, timestampMs: 1_002 })
      expect(store.get('nothing')).toBeUndefined()
      expect(second.metrics()['records-consumed-total']).toBe(0)
      await second.close()

      await cluster.produce('lines', records(['to be']))
      await using third = application(wordCount('lines', 'totals'), 'wc')
      await third.start()
      const expectedNow = { ...expected, to: 5, be: 3 }
      await eventually(async () => expect(await rowsOf(third, 'counts')).toEqual(expectedNow))
      expect(await latest('totals')).toEqual(expectedNow)
      expect(third.metrics()['records-consumed-total']).toBe(3)
    })

    test('the internal topics have the names, sizes, configs and bytes of Kafka Streams', async () => {
      const repartition = 'wc-counts-repartition'
      const changelog = 'wc-counts-changelog'
      const configs = await cluster.configsOf(repartition)
      expect(configs.get('cleanup.policy')).toBe('delete')
      expect(configs.get('retention.ms')).toBe('-1')
      expect(configs.get('segment.bytes')).toBe('52428800')
      expect((await cluster.configsOf(changelog)).get('cleanup.policy')).toBe('compact')
      expect(await cluster.partitionCountOf(repartition)).toBe(2)
      expect(await cluster.partitionCountOf(changelog)).toBe(2)
      const changes = (await cluster.read(changelog)).filter(({ key }) => String(key) === 'sleep')
      expect(changes.map(({ value, timestampMs }) => [value?.toString('hex'), timestampMs])).toEqual([
        ['0000000000000001', 1_002],
      ])
    })
  })

  test('a windowed count, its changelog, and queries by window', async () => {
    await cluster.createTopics({ clicks: 1, clicked: 1 })
    const builder = new StreamsBuilder()
    builder
      .stream('clicks', Consumed.with(Serdes.string(), Serdes.string()))
      .groupByKey()
      .windowedBy(TimeWindows.ofSizeAndGrace(1_000, 500))
      .count(Materialized.as('per-second'))
      .toStream()
      .to('clicked', Produced.with(new TimeWindowedSerde(Serdes.string(), 1_000), Serdes.int64()))
    const at = (key: string, timestampMs: number) => ({ key, value: 'x', timestampMs })
    await cluster.produce('clicks', [
      at('a', 1_002),
      at('b', 1_010),
      at('a', 1_999),
      at('a', 2_000),
      at('a', 1_100),
      at('b', 9_000),
      at('a', 1_500),
    ])
    await using app = application(builder.build(), 'windows')
    await app.start()
    await eventually(() => app.metrics()['process-total'] === 7)
    expect(app.metrics()['dropped-records-total']).toBe(1)
    const output = async () =>
      (await cluster.read('clicked')).map(({ key, value }) => `${key!.toString('hex')} ${value!.readBigInt64BE()}`)
    await eventually(async () =>
      expect(await output()).toEqual([
        '6100000000000003e8 1',
        '6200000000000003e8 1',
        '6100000000000003e8 2',
        '6100000000000007d0 1',
        '6100000000000003e8 3',
        '620000000000002328 1',
      ]),
    )
    const changes = await cluster.read('windows-per-second-changelog')
    expect(changes[0]!.key!.toString('hex')).toBe('6100000000000003e800000000')
    expect((await cluster.configsOf('windows-per-second-changelog')).get('cleanup.policy')).toBe('compact,delete')
    expect((await cluster.configsOf('windows-per-second-changelog')).get('retention.ms')).toBe('86401500')

    await eventually(
      () => app.store('per-second', QueryableStoreTypes.windowStore<string, number>()).fetch('b', 9_000) === 1,
    )
    const store = app.store('per-second', QueryableStoreTypes.windowStore<string, number>())
    const rows = await collect(store.all())
    // The store keeps size and grace behind its own newest window.
    expect(rows.map(([key, count]) => `${key} ${count}`)).toEqual(['[b@9000/10000] 1'])
    expect(store.fetch('a', 2_000)).toBeUndefined()
  })

  test('a windowed count that is restarted with another retention goes on with its open windows', async () => {
    await cluster.createTopics({ visits: 1 })
    const countWithGrace = (graceMs: number) => {
      const builder = new StreamsBuilder()
      builder
        .stream('visits', Consumed.with(Serdes.string(), Serdes.string()))
        .groupByKey()
        .windowedBy(TimeWindows.ofSizeAndGrace(1_000, graceMs))
        .count(Materialized.as('visits-per-second'))
      return application(builder.build(), 'retention')
    }
    const countOf = (app: KafkaStreams) =>
      app.store('visits-per-second', QueryableStoreTypes.windowStore<string, number>()).fetch('a', 1_000_000)
    const visit = () => cluster.produce('visits', [{ key: 'a', value: 'x', timestampMs: 1_000_002 }])
    await visit()
    const first = countWithGrace(500)
    await first.start()
    await eventually(() => countOf(first) === 1)
    await first.close()

    await visit()
    await using second = countWithGrace(600_000)
    await second.start()
    await eventually(() => countOf(second) === 2)
  })

  test('inputs of one task are merged by time, and an empty one holds up nobody', async () => {
    await cluster.createTopics({ odd: 1, even: 1, none: 1, merged: 1 })
    const at = (timestampMs: number) => ({ key: 'k', value: String(timestampMs), timestampMs })
    const times = Array.from({ length: 300 }, (_, i) => 1_000 + i)
    const text = Consumed.with(Serdes.string(), Serdes.string())
    await cluster.produce('odd', times.filter(time => time % 2 === 1).map(at))
    await cluster.produce('even', times.filter(time => time % 2 === 0).map(at))
    const builder = new StreamsBuilder()
    builder
      .stream('odd', text)
      .merge(builder.stream('even', text))
      .merge(builder.stream('none', text))
      .to('merged', Produced.with(Serdes.string(), Serdes.string()))
    await using app = application(builder.build(), 'merging')
    await app.start()
    await eventually(async () =>
      expect((await cluster.read('merged')).map(({ value }) => Number(value))).toEqual(times),
    )
  })

  test('state that was deleted is restored from the changelog, with progress', async () => {
    await cluster.createTopics({ 'keys-r': 2, 'counts-r': 1 })
    const keys = Array.from({ length: 500 }, (_, i) => `key-${i % 50}`)
    await cluster.produce('keys-r', keyed(keys))
    const first = application(keyCount('keys-r', 'counts-r'), 'restore')
    await first.start()
    await eventually(async () => expect(await rowsOf(first, 'counts')).toEqual(countsOf(keys)))
    await first.close()
    await rm(join(cluster.stateDir, 'restore'), { recursive: true })

    const progress: string[] = []
    await using second = application(keyCount('keys-r', 'counts-r'), 'restore', {
      stateRestoreListener: {
        onRestoreStart: (at, store, start) => progress.push(`start ${store} ${at.partition} from ${start}`),
        onRestoreEnd: (at, store, total) => progress.push(`end ${store} ${at.partition} ${total > 0}`),
      },
    })
    await second.start()
    expect(progress.sort()).toEqual([
      'end counts 0 true',
      'end counts 1 true',
      'start counts 0 from 0',
      'start counts 1 from 0',
    ])
    expect(await rowsOf(second, 'counts')).toEqual(countsOf(keys))
    expect(second.metrics()['records-consumed-total']).toBe(0)
  })

  test('in-memory stores are restored at every start', async () => {
    await cluster.createTopics({ 'keys-m': 1, 'counts-m': 1 })
    const builder = new StreamsBuilder()
    builder
      .stream('keys-m', Consumed.with(Serdes.string(), Serdes.string()))
      .groupByKey()
      .count(Materialized.as<string, number>('counts').withStoreType('in-memory'))
      .toStream()
      .to('counts-m', Produced.with(Serdes.string(), Serdes.int64()))
    const topology = builder.build()
    await cluster.produce('keys-m', keyed(['a', 'b', 'a']))
    const first = application(topology, 'memory')
    await first.start()
    await eventually(async () => expect(await rowsOf(first, 'counts')).toEqual({ a: 2, b: 1 }))
    await first.close()
    await using second = application(topology, 'memory')
    await second.start()
    expect(await rowsOf(second, 'counts')).toEqual({ a: 2, b: 1 })
  })

  test('instances share the tasks, hand them over, and the counts stay right', async () => {
    await cluster.createTopics({ 'lines-s': 4, 'totals-s': 1 })
    const topology = () => wordCount('lines-s', 'totals-s')
    const produced: string[] = []
    const more = async () => {
      const lines = Array.from({ length: 40 }, (_, i) => `w${i % 7} w${i % 11} x`)
      produced.push(...lines)
      await cluster.produce('lines-s', records(lines))
    }
    const isDone = () =>
      eventually(async () => expect(await latest('totals-s')).toEqual(countsOf(produced.flatMap(words))))
    const first = application(topology(), 'shared', { stateDir: join(cluster.stateDir, 'one') })
    await first.start()
    await more()
    await isDone()
    const states: KafkaStreamsState[] = []
    await using second = application(topology(), 'shared', {
      stateDir: join(cluster.stateDir, 'two'),
      stateListener: state => states.push(state),
    })
    await second.start()
    await eventually(() => first.state === 'RUNNING')
    await more()
    await isDone()
    const parts = [await rowsOf(first, 'counts'), await rowsOf(second, 'counts')]
    expect(parts.every(part => Object.keys(part).length > 0)).toBe(true)
    await eventually(async () =>
      expect({ ...(await rowsOf(first, 'counts')), ...(await rowsOf(second, 'counts')) }).toEqual(
        countsOf(produced.flatMap(words)),
      ),
    )
    await first.close()
    await more()
    await isDone()
    expect(states).toEqual(['REBALANCING', 'RUNNING', 'REBALANCING', 'RUNNING'])
  })

  describe('an application that cannot go on says why', () => {
    test('a source topic is missing', async () => {
      const app = application(keyCount('nowhere', 'out-n'), 'missing')
      await expect(app.start()).rejects.toMatchObject({ code: 'MISSING_SOURCE_TOPIC', topics: ['nowhere'] })
      expect(app.state).toBe('ERROR')
      await app.close()
    })

    test('another instance uses the state directory', async () => {
      await cluster.createTopics({ 'keys-l': 1, 'counts-l': 1 })
      await using first = application(keyCount('keys-l', 'counts-l'), 'locked')
      await first.start()
      const second = application(keyCount('keys-l', 'counts-l'), 'locked')
      await expect(second.start()).rejects.toMatchObject({ code: 'STATE_DIRECTORY_LOCKED' })
    })

    test('a processor throws: the state is ERROR, nothing of the failed record is committed', async () => {
      await cluster.createTopics({ 'keys-e': 1, 'out-e': 1 })
      let isBroken = true
      const builder = new StreamsBuilder()
      builder
        .stream('keys-e', Consumed.with(Serdes.string(), Serdes.string()))
        .mapValues(value => {
          if (isBroken && value === 'bad') throw new Error('boom')
          return value
        })
        .to('out-e', Produced.with(Serdes.string(), Serdes.string()))
      const topology = builder.build()
      const failures: unknown[] = []
      const first = application(topology, 'failing', { uncaughtExceptionHandler: error => failures.push(error) })
      await first.start()
      await cluster.produce('keys-e', [{ key: 'a', value: 'bad' }])
      await eventually(() => first.state === 'ERROR')
      expect(String(first.failure)).toContain('boom')
      expect(failures).toEqual([first.failure])
      await first.close()
      isBroken = false
      await using second = application(topology, 'failing')
      await second.start()
      await eventually(async () =>
        expect((await cluster.read('out-e')).map(({ value }) => String(value))).toEqual(['bad']),
      )
    })

    test('a record that cannot be read ends the application, or is dropped by a handler that says so', async () => {
      await cluster.createTopics({ 'numbers-d': 1, 'out-d': 1 })
      const builder = new StreamsBuilder()
      builder
        .stream('numbers-d', Consumed.with(Serdes.string(), Serdes.int64()))
        .mapValues(value => value + 1)
        .to('out-d', Produced.with(Serdes.string(), Serdes.int64()))
      const topology = builder.build()
      const bytes = Serdes.int64().serialize('', 41)
      await cluster.produce('numbers-d', [
        { key: 'a', value: 'abc' },
        { key: 'b', value: bytes },
      ])
      const first = application(topology, 'undecodable')
      await first.start()
      await eventually(() => first.state === 'ERROR')
      await first.close()
      await using second = application(topology, 'undecodable', { deserializationExceptionHandler: () => 'continue' })
      await second.start()
      await eventually(async () => expect(await latest('out-d')).toEqual({ b: 42 }))
      expect(second.metrics()['dropped-records-total']).toBe(1)
    })

    test.each([
      { options: { processingGuarantee: 'exactly_once_v2' }, says: 'only at_least_once' },
      { options: { numStreamThreads: 2 }, says: 'runs on the calling thread' },
      { options: { applicationId: '../x' }, says: 'application.id' },
      { options: { bootstrapServers: [] }, says: 'bootstrap.servers' },
      { options: { commitInterval: 5 }, says: 'there is no such option' },
    ])('options $options are refused', ({ options, says }) => {
      const make = () => application(keyCount('a', 'b'), 'refused', options as Partial<KafkaStreamsOptions>)
      expect(make).toThrow(says)
    })

    test('stores are read while the application is RUNNING, under their names and as what they are', async () => {
      await cluster.createTopics({ 'keys-q': 1, 'counts-q': 1 })
      const app = application(keyCount('keys-q', 'counts-q'), 'queried')
      const store = app.store('counts', QueryableStoreTypes.keyValueStore<string, number>())
      expect(() => store.get('a')).toThrow('CREATED')
      expect(() => app.store('other', QueryableStoreTypes.keyValueStore())).toThrow('not in the topology')
      await app.start()
      expect(store.get('a')).toBeUndefined()
      expect(() => app.store('counts', QueryableStoreTypes.windowStore()).fetch('a', 0)).toThrow(
        'is not a window store',
      )
      await app.close()
      expect(() => store.get('a')).toThrow('NOT_RUNNING')
    })
  })
}

async function collect<T>(rows: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = []
  for await (const row of rows) collected.push(row)
  return collected
}
