import { Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import type { ProcessorSupplier } from '../../src/processor/processor.ts'
import { Stores } from '../../src/state/store-builder.ts'
import { subTopologies } from '../../src/topology/processor-topology.ts'
import { Topology } from '../../src/topology/topology.ts'

const nothing: ProcessorSupplier<unknown, unknown> = () => ({ process() {} })
const keyValueStore = (name: string) =>
  Stores.keyValueStoreBuilder(Stores.persistentKeyValueStore(name), Serdes.string(), Serdes.string())
const topology = () => new Topology().addSource('source', 'in').addProcessor('processor', nothing, 'source')

describe('a topology refuses', () => {
  test.each<[string, string, (topology: Topology) => unknown]>([
    ['a name that is taken', 'node source is already added', t => t.addSource('source', 'other')],
    ['an empty name', 'a node needs a name', t => t.addSource('', 'other')],
    ['a source without topics', 'source s needs a topic', t => t.addSource('s', [])],
    ['a topic that another source reads', 'topic in is already read by source source', t => t.addSource('s', 'in')],
    ['a topic twice', 'source s names a topic twice', t => t.addSource('s', ['a', 'a'])],
    ['a processor without parents', 'node p needs a parent', t => t.addProcessor('p', nothing)],
    ['an unknown parent', 'parent q of node p is not added yet', t => t.addProcessor('p', nothing, 'q')],
    [
      'a sink as a parent',
      'sink k cannot be the parent of node p',
      t => t.addSink('k', 'out', {}, 'source').addProcessor('p', nothing, 'k'),
    ],
    ['a store for an unknown processor', 'processor q is not added yet', t => t.addStateStore(keyValueStore('s'), 'q')],
    ['a store for a source', 'a source cannot use stores: source', t => t.addStateStore(keyValueStore('s'), 'source')],
    [
      'another store of the same name',
      'store s is already added',
      t => t.addStateStore(keyValueStore('s')).addStateStore(keyValueStore('s')),
    ],
    [
      'to connect an unknown store',
      'store s is not added yet',
      t => t.connectProcessorAndStateStores('processor', 's'),
    ],
    ['to copartition what is no source', 'there is no source processor', t => t.copartition(['processor'])],
  ])('%s', (_, message, change) => {
    const changed = topology()
    expect(() => change(changed)).toThrow(message)
  })

  test('and is unchanged then', () => {
    const changed = topology()
    const before = String(changed.describe())
    expect(() => changed.addStateStore(keyValueStore('s'), 'processor', 'nobody')).toThrow()
    expect(() => changed.addSource('other', ['x', 'in'])).toThrow()
    expect(String(changed.describe())).toBe(before)
    expect([...changed.graph.stores.keys()]).toEqual([])
    expect(() => changed.addSource('other', 'x')).not.toThrow()
  })
})

test("a supplier's stores are added and connected, and shared by those who bring the same one", () => {
  const store = keyValueStore('shared')
  const counting = Object.assign((() => ({ process() {} })) satisfies ProcessorSupplier<unknown, unknown>, {
    stores: [store],
  })
  const { graph } = new Topology()
    .addSource('a', 'a')
    .addSource('b', 'b')
    .addProcessor('pa', counting, 'a')
    .addProcessor('pb', counting, 'b')
  expect([...graph.stores.values()]).toEqual([store])
  expect(subTopologies(graph, 'app', { topicConfig: {}, windowStoreAdditionalRetentionMs: 0 })).toHaveLength(1)
})

describe('a topology cut into sub-topologies', () => {
  const windows = Stores.persistentWindowStore('windows', { retentionMs: 1_000, windowSizeMs: 10 })
  const { graph } = new Topology()
    .addSource('source', 'in')
    .addProcessor('processor', nothing, 'source')
    .addRepartitionTopic('moved-repartition', { partitionCount: 3 })
    .addSink('sink', 'moved-repartition', {}, 'processor')
    .addSource('moved', 'moved-repartition')
    .addSource('joined', 'table')
    .addProcessor('join', nothing, 'moved', 'joined')
    .addStateStore(keyValueStore('rows').withLoggingEnabled({ 'segment.ms': '5' }), 'join')
    .addStateStore(
      Stores.windowStoreBuilder(windows, Serdes.string(), Serdes.string()).withLoggingEnabled({ 'retention.ms': '7' }),
      'join',
    )
    .addStateStore(keyValueStore('unlogged').withLoggingDisabled(), 'join')
    .addSink('chosen', () => 'any', {}, 'join')
    .copartition(['moved', 'joined'])
  const settings = {
    topicConfig: { 'segment.ms': '1', 'max.message.bytes': '9' },
    windowStoreAdditionalRetentionMs: 500,
  }
  const [first, second, ...others] = subTopologies(graph, 'app', settings)

  test('has them in the order of their first nodes', () => {
    expect([first?.id, second?.id, others]).toEqual([0, 1, []])
    expect(first!.nodes.map(({ name }) => name)).toEqual(['source', 'processor', 'sink'])
    expect(second!.nodes.map(({ name }) => name)).toEqual(['moved', 'joined', 'join', 'chosen'])
  })

  test('gives internal topics the prefix of the application', () => {
    expect([first!.sourceTopics, first!.sinkTopics]).toEqual([['in'], ['app-moved-repartition']])
    expect([second!.sourceTopics, second!.sinkTopics]).toEqual([['app-moved-repartition', 'table'], []])
    expect(second!.copartitionGroups).toEqual([['app-moved-repartition', 'table']])
    expect(first!.nodes.find(({ name }) => name === 'sink')).toMatchObject({ topic: 'app-moved-repartition' })
  })

  test('tells who may use which stores', () => {
    expect(first!.stores).toEqual([])
    expect(second!.stores.map(({ name }) => name)).toEqual(['rows', 'windows', 'unlogged'])
    expect(second!.storeNamesByProcessor).toEqual(new Map([['join', new Set(['rows', 'windows', 'unlogged'])]]))
  })

  test('configures internal topics: the library, then topic settings, then the store', () => {
    expect(second!.repartitionTopics).toEqual([
      {
        name: 'app-moved-repartition',
        kind: 'repartition',
        partitionCount: 3,
        config: {
          'message.timestamp.type': 'CreateTime',
          'cleanup.policy': 'delete',
          'retention.ms': '-1',
          'segment.bytes': '52428800',
          'segment.ms': '1',
          'max.message.bytes': '9',
        },
      },
    ])
    const base = { 'message.timestamp.type': 'CreateTime', 'max.message.bytes': '9' }
    const changelog = { kind: 'changelog', partitionCount: undefined }
    expect([...second!.changelogTopics]).toEqual([
      [
        'rows',
        {
          name: 'app-rows-changelog',
          ...changelog,
          config: { ...base, 'cleanup.policy': 'compact', 'segment.ms': '5' },
        },
      ],
      [
        'windows',
        {
          name: 'app-windows-changelog',
          ...changelog,
          config: { ...base, 'cleanup.policy': 'compact,delete', 'retention.ms': '7', 'segment.ms': '1' },
        },
      ],
    ])
  })
})
