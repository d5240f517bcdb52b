import { Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import { Materialized } from '../../src/dsl/materialized.ts'
import { Named } from '../../src/dsl/named.ts'
import { Produced } from '../../src/dsl/produced.ts'
import { Repartitioned } from '../../src/dsl/repartitioned.ts'
import type { KStream } from '../../src/dsl/streams-and-tables.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { Stores } from '../../src/state/store-builder.ts'
import { TimeWindows } from '../../src/windows/time-windows.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const build = (define: (stream: KStream<string, string>, builder: StreamsBuilder) => void) => {
  const builder = new StreamsBuilder()
  define(builder.stream('in', TEXT), builder)
  return builder.build()
}

describe('a missing serde is named, and how to give it', () => {
  test.each<[string, () => unknown]>([
    [
      'the source of in has no key serde: give one with Consumed, or a default to the StreamsBuilder',
      () => {
        const builder = new StreamsBuilder()
        builder.stream('in')
        return builder.build()
      },
    ],
    [
      'the sink to out has no value serde: give one with Produced',
      () => build(stream => stream.mapValues(value => value).to('out')),
    ],
    [
      'the repartition topic group-repartition has no key serde: give one with Grouped',
      () => build(stream => void stream.groupBy((_, value) => value, Grouped.as('group')).count()),
    ],
  ])('%s', (message, make) => expect(make).toThrow(message))

  test('or the default of the builder', () => {
    const builder = new StreamsBuilder({ defaultKeySerde: Serdes.string(), defaultValueSerde: Serdes.json() })
    builder
      .stream('in')
      .mapValues(value => value)
      .to('out')
    expect(() => builder.build()).not.toThrow()
  })
})

describe('names', () => {
  test.each(['', '.', '..', 'a b', 'a/b', '../x', 'é', 'x'.repeat(250)])('%j is refused', name => {
    for (const make of [Named, Consumed, Produced, Grouped, Repartitioned, Materialized]) {
      expect(() => make.as(name)).toThrow('name')
    }
  })

  test('must not be used twice', () => {
    expect(() =>
      build(stream => {
        stream.filter(() => true, Named.as('same'))
        stream.filter(() => true, Named.as('same'))
      }),
    ).toThrow('node same is already added')
    expect(() =>
      build(stream => {
        stream.groupByKey().count(Materialized.as('same'))
        stream.groupByKey().count(Materialized.as('same'))
      }),
    ).toThrow('store same is already added')
  })
})

describe('sources', () => {
  const read = (...topics: (string | string[])[]) => {
    const builder = new StreamsBuilder()
    for (const topic of topics) builder.stream(topic, TEXT)
    return () => builder.build()
  }

  test('of the same topics are one', () => {
    expect([...read('a', 'a', ['b', 'c'], ['c', 'b'])().graph.nodes.keys()]).toEqual([
      'KSTREAM-SOURCE-0000000000',
      'KSTREAM-SOURCE-0000000002',
    ])
  })

  test.each([
    [['a', ['a', 'b']]],
    [[['a', 'b'], 'b']],
    [
      [
        ['a', 'b'],
        ['b', 'c'],
      ],
    ],
  ])('%j overlap and are refused', topics => {
    expect(read(...topics)).toThrow('overlapping but unequal sets of topics')
  })

  test('of the same topic start in one place', () => {
    const builder = new StreamsBuilder()
    builder.stream('a', TEXT.withOffsetResetPolicy('earliest'))
    builder.stream('a', TEXT.withOffsetResetPolicy('latest'))
    expect(() => builder.build()).toThrow('two different offset reset policies')
  })

  test('are read as a stream or as a table', () => {
    const builder = new StreamsBuilder()
    builder.stream('a', TEXT)
    builder.table('a', TEXT)
    expect(() => builder.build()).toThrow('topic a is already read by source')
  })
})

describe('stores', () => {
  const windows = TimeWindows.ofSizeAndGrace(10, 5)

  test('keep windows for their size and grace, or longer', () => {
    const retentionOf = (materialized?: Materialized<string, number>) => {
      const topology = build(stream => void stream.groupByKey().windowedBy(windows).count(materialized))
      const [store] = topology.graph.stores.values()
      return store!.supplier
    }
    expect(retentionOf()).toMatchObject({ kind: 'window', retentionMs: 15, windowSizeMs: 10, persistent: true })
    expect(retentionOf(Materialized.as<string, number>('w').withRetention(99))).toMatchObject({ retentionMs: 99 })
    expect(() => retentionOf(Materialized.as<string, number>('w').withRetention(14))).toThrow(
      "store w keeps 14 ms, less than the windows' size and grace of 15 ms",
    )
  })

  test('are of the kind the operator needs', () => {
    const rows = Stores.persistentKeyValueStore('rows')
    const wanted = Stores.persistentWindowStore('windows', { retentionMs: 99, windowSizeMs: 10 })
    const count = (materialized: Materialized<string, number>) => () =>
      build(stream => void stream.groupByKey().count(materialized))
    const windowedCount = (materialized: Materialized<string, number>) => () =>
      build(stream => void stream.groupByKey().windowedBy(windows).count(materialized))
    expect(count(Materialized.as(rows))).not.toThrow()
    expect(windowedCount(Materialized.as(wanted))).not.toThrow()
    expect(count(Materialized.as(wanted))).toThrow('store windows must be a key-value store')
    expect(windowedCount(Materialized.as(rows))).toThrow('store rows must be a window store')
    expect(() => Materialized.as(rows).withStoreType('in-memory')).toThrow('a store supplier decides')
  })

  test('are logged and on disk unless they are told otherwise', () => {
    const storeOf = (materialized: Materialized<string, number>) => {
      const [store] = build(stream => void stream.groupByKey().count(materialized)).graph.stores.values()
      return [store!.supplier.persistent, store!.changelogConfig]
    }
    const counts = Materialized.as<string, number>('counts')
    expect(storeOf(counts)).toEqual([true, {}])
    expect(storeOf(counts.withStoreType('in-memory'))).toEqual([false, {}])
    expect(storeOf(counts.withLoggingDisabled())).toEqual([true, null])
    expect(storeOf(counts.withLoggingEnabled({ 'segment.ms': '1' }))).toEqual([true, { 'segment.ms': '1' }])
  })

  test('of a table are there only when somebody needs them', () => {
    const storesOf = (define: (builder: StreamsBuilder) => void) => {
      const builder = new StreamsBuilder()
      define(builder)
      return [...builder.build().graph.stores.keys()]
    }
    const grouped = Grouped.with(Serdes.string(), Serdes.string())
    expect(storesOf(b => b.table('in', TEXT))).toEqual([])
    expect(storesOf(b => b.table('in', TEXT).filter(() => true))).toEqual([])
    expect(storesOf(b => b.table('in', TEXT, Materialized.as('rows')))).toEqual(['rows'])
    expect(storesOf(b => b.table('in', TEXT).groupBy((key, value) => [value, key], grouped))).toEqual([
      'in-STATE-STORE-0000000000',
    ])
  })

  test('that can be queried have a name from the user', () => {
    const builder = new StreamsBuilder()
    expect(builder.table('a', TEXT).queryableStoreName).toBeUndefined()
    expect(builder.table('b', TEXT, Materialized.as('rows')).queryableStoreName).toBe('rows')
    expect(builder.stream('c', TEXT).groupByKey().count(Materialized.as('counts')).queryableStoreName).toBe('counts')
  })
})

describe('repartitioning', () => {
  const topicsOf = (define: (stream: KStream<string, string>) => void) => [
    ...build(define).graph.repartitionTopics.entries(),
  ]
  const grouped = Grouped.with(Serdes.string(), Serdes.string())

  test('follows a changed key, and is over after it', () => {
    expect(topicsOf(stream => void stream.groupByKey().count())).toEqual([])
    expect(
      topicsOf(
        stream =>
          void stream
            .mapValues(value => value)
            .groupByKey(grouped)
            .count(),
      ),
    ).toEqual([])
    for (const change of [
      (stream: KStream<string, string>) => stream.map((key, value) => [key, value]),
      (stream: KStream<string, string>) => stream.flatMap((key, value) => [[key, value]]),
      (stream: KStream<string, string>) => stream.selectKey(key => key),
      (stream: KStream<string, string>) => stream.process(() => ({ process() {} })),
      (stream: KStream<string, string>) => stream.merge(stream.selectKey(key => key)),
    ]) {
      expect(topicsOf(stream => void change(stream).groupByKey(grouped).count())).toHaveLength(1)
      const repartitioned = Repartitioned.as<string, string>('once')
        .withKeySerde(Serdes.string())
        .withValueSerde(Serdes.string())
      expect(topicsOf(stream => void change(stream).repartition(repartitioned).groupByKey().count())).toEqual([
        ['once-repartition', { partitionCount: undefined }],
      ])
    }
  })

  test('may set the number of partitions', () => {
    const repartitioned = Repartitioned.as<string, string>('rp').withNumberOfPartitions(7)
    expect(topicsOf(stream => void stream.repartition(repartitioned))).toEqual([
      ['rp-repartition', { partitionCount: 7 }],
    ])
    expect(() => Repartitioned.numberOfPartitions(0)).toThrow('a positive number of partitions')
  })
})

test('a named branch continues on the spot or is returned under its name', () => {
  const builder = new StreamsBuilder()
  const branches = builder
    .stream('in', TEXT)
    .split(Named.as('split-'))
    .branch(() => true)
    .defaultBranch()
  expect([...branches.keys()]).toEqual(['split-1', 'split-0'])
})
