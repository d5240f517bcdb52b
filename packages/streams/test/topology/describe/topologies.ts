/** The topologies of Topologies.java, in the same order and under the same names. */
import { Serdes } from '@millrace/client'
import { Branched } from '../../../src/dsl/branched.ts'
import { Consumed } from '../../../src/dsl/consumed.ts'
import { Grouped } from '../../../src/dsl/grouped.ts'
import { Materialized } from '../../../src/dsl/materialized.ts'
import { Named } from '../../../src/dsl/named.ts'
import { Produced } from '../../../src/dsl/produced.ts'
import { Repartitioned } from '../../../src/dsl/repartitioned.ts'
import type { KStream } from '../../../src/dsl/streams-and-tables.ts'
import { StreamsBuilder } from '../../../src/dsl/streams-builder.ts'
import type { ProcessorSupplier } from '../../../src/processor/processor.ts'
import { Stores } from '../../../src/state/store-builder.ts'
import { Topology } from '../../../src/topology/topology.ts'
import { TimeWindows } from '../../../src/windows/time-windows.ts'

export const topologies = new Map<string, Topology>()

function dsl(name: string, build: (builder: StreamsBuilder) => void): void {
  const builder = new StreamsBuilder({ defaultKeySerde: Serdes.string(), defaultValueSerde: Serdes.string() })
  build(builder)
  topologies.set(name, builder.build())
}

function plain(name: string, build: (topology: Topology) => void): void {
  const topology = new Topology()
  build(topology)
  topologies.set(name, topology)
}

const text = () => Consumed.with(Serdes.string(), Serdes.string())
const grouped = () => Grouped.with(Serdes.string(), Serdes.string())
const stream = (builder: StreamsBuilder): KStream<string, string> => builder.stream('in', text())
const withText = () => Materialized.with(Serdes.string(), Serdes.string())
const withCounts = () => Materialized.with(Serdes.string(), Serdes.int64())
const nothing: ProcessorSupplier<string, string> = () => ({ process() {} })
const store = (name: string) =>
  Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(name), Serdes.string(), Serdes.string())
const all = () => true
const same = <V>(value: V): V => value
const second = <V>(_: V, value: V): V => value
const windowsOf10 = TimeWindows.ofSizeWithNoGrace(10)

dsl('stateless chain', b =>
  stream(b)
    .filter(all)
    .filterNot(all)
    .mapValues(same)
    .flatMapValues(value => [value])
    .peek(() => {})
    .map((key, value) => [key, value])
    .flatMap((key, value) => [[key, value]])
    .selectKey(key => key)
    .to('out'),
)
dsl('stateless chain with names', b =>
  b
    .stream('in', text().withName('source'))
    .filter(all, Named.as('kept'))
    .mapValues(same, Named.as('mapped'))
    .selectKey(key => key, Named.as('keyed'))
    .to('out', Produced.as('sink')),
)
dsl('foreach and peek', b => {
  const records = stream(b)
  records.peek(() => {})
  records.foreach(() => {})
})
dsl('split', b => {
  const branches = stream(b).split().branch(all).branch(all).defaultBranch()
  const [first, secondBranch, rest] = [...branches.values()]
  secondBranch!.to('out-0')
  rest!.to('out-1')
  first!.to('out-2')
})
dsl('split with names', b => {
  const branches = stream(b)
    .split(Named.as('split-'))
    .branch(all, Branched.as('a'))
    .branch(
      all,
      Branched.withConsumer(branch => branch.to('b'), 'b'),
    )
    .branch(
      all,
      Branched.withFunction(branch => branch.mapValues(same)),
    )
    .noDefaultBranch()
  for (const branch of branches.values()) branch.to('rest')
})
dsl('merge', b => b.stream('x', text()).merge(b.stream('y', text())).mapValues(same).to('out'))
dsl('merge of three, one of them changed', b =>
  b.stream('x', text()).merge(b.stream('y', text()).mapValues(same)).merge(b.stream('z', text())).to('out'),
)
dsl('several topics', b => b.stream(['topic-1', 'topic-2', 'another', 'zebra', 'apple'], text()).to('out'))
dsl('the same topic twice', b => {
  stream(b).filter(all).to('a')
  stream(b).mapValues(same).to('b')
})
dsl('repartition', b => stream(b).repartition().to('out'))
dsl('repartition with a name', b =>
  stream(b).repartition(Repartitioned.as<string, string>('rp').withNumberOfPartitions(3)).to('out'),
)
dsl('count by key', b => stream(b).groupByKey().count().toStream().to('out'))
dsl('count by key with serdes', b => stream(b).groupByKey().count(withCounts()).toStream().to('out'))
dsl('count by key with a store name', b => stream(b).groupByKey().count(Materialized.as('counts')).toStream().to('out'))
dsl('count with a node name', b =>
  stream(b).groupByKey().count(undefined, Named.as('counting')).toStream(Named.as('streaming')).to('out'),
)
dsl('count by another key', b =>
  stream(b)
    .groupBy((_, value) => value, grouped())
    .count()
    .toStream()
    .to('out'),
)
dsl('count by another key with a store name', b =>
  stream(b)
    .groupBy((_, value) => value, grouped())
    .count(Materialized.as('counts'))
    .toStream()
    .to('out'),
)
dsl('count by another key with a group name', b =>
  stream(b)
    .groupBy((_, value) => value, grouped().withName('group'))
    .count()
    .toStream()
    .to('out'),
)
dsl('two aggregations of a named group', b => {
  const group = stream(b).groupBy((_, value) => value, grouped().withName('group'))
  group.count()
  group.reduce(second)
})
dsl('two aggregations of an unnamed group', b => {
  const group = stream(b).groupBy((_, value) => value, grouped())
  group.count()
  group.reduce(second)
})
dsl('reduce and aggregate', b => {
  const group = stream(b).groupByKey()
  group.reduce(second).toStream().to('a')
  group
    .aggregate(
      () => '',
      (_key, _value, result) => result,
      withText(),
    )
    .toStream()
    .to('b')
})
dsl('map then group by key', b =>
  stream(b)
    .map((key, value) => [key, value])
    .groupByKey(grouped())
    .reduce(second)
    .toStream()
    .to('out'),
)
dsl('windowed count', b => stream(b).groupByKey().windowedBy(windowsOf10).count().toStream().to('out'))
dsl('windowed count with serdes', b =>
  stream(b)
    .groupByKey()
    .windowedBy(windowsOf10)
    .count(withCounts())
    .toStream()
    .foreach(() => {}),
)
dsl('windowed reduce by another key', b =>
  stream(b)
    .groupBy((_, value) => value, grouped())
    .windowedBy(windowsOf10)
    .reduce(second, Materialized.as('latest'))
    .toStream()
    .foreach(() => {}),
)
dsl('windowed aggregate of a named group', b =>
  stream(b)
    .groupBy((_, value) => value, grouped().withName('group'))
    .windowedBy(windowsOf10)
    .aggregate(
      () => '',
      (_key, _value, result) => result,
      withText(),
      Named.as('sum'),
    )
    .toStream()
    .foreach(() => {}),
)
dsl('table', b => b.table('in', text()).toStream().to('out'))
dsl('table with a name', b => b.table('in', text().withName('rows')).toStream().to('out'))
dsl('materialized table', b => b.table('in', text(), Materialized.as('rows')).toStream().to('out'))
dsl('table operators', b => b.table('in', text()).filter(all).filterNot(all).mapValues(same).toStream().to('out'))
dsl('materialized table operators', b =>
  b
    .table('in', text())
    .filter(all, Materialized.as('kept'))
    .filterNot(all, withText())
    .mapValues(same, Materialized.as('mapped'))
    .toStream()
    .to('out'),
)
dsl('filter of a materialized table', b =>
  b.table('in', text(), Materialized.as('rows')).filter(all).toStream().to('out'),
)
dsl('table grouped by another key', b =>
  b
    .table('in', text())
    .groupBy((key, value) => [value, key], grouped())
    .count()
    .toStream()
    .to('out'),
)
dsl('filtered table grouped by another key', b =>
  b
    .table('in', text())
    .filter(all)
    .groupBy((key, value) => [value, key], grouped())
    .reduce(second, second)
    .toStream()
    .to('out'),
)
dsl('table grouped with a name', b => {
  const group = b.table('in', text()).groupBy((key, value) => [value, key], grouped().withName('group'))
  group.count(undefined, Named.as('counting'))
  group.aggregate(
    () => '',
    (_key, _value, result) => result,
    (_key, _value, result) => result,
    Materialized.as('sum'),
  )
})
dsl('count grouped again', b =>
  stream(b)
    .groupByKey()
    .count()
    .groupBy((key, total) => [String(total), key], grouped())
    .count(Materialized.as('counts'))
    .toStream()
    .to('out'),
)
dsl('stream to table', b => stream(b).toTable().toStream().to('out'))
dsl('stream to materialized table', b => stream(b).toTable(Materialized.as('rows')).toStream().to('out'))
dsl('changed stream to table', b =>
  stream(b)
    .selectKey((_, value) => value)
    .toTable(Materialized.as('rows').withKeySerde(Serdes.string()))
    .toStream()
    .to('out'),
)
dsl('changed stream to named table', b =>
  stream(b)
    .selectKey((_, value) => value)
    .toTable(withText(), Named.as('table'))
    .toStream()
    .to('out'),
)
dsl('process', b => {
  b.addStateStore(store('store'))
  stream(b)
    .process(nothing, { storeNames: ['store'] })
    .to('out')
})
dsl('process with a name and a count behind it', b => {
  b.addStateStore(store('store-a')).addStateStore(store('store-b'))
  stream(b)
    .process(nothing, { named: Named.as('processing'), storeNames: ['store-b', 'store-a'] })
    .groupByKey(grouped())
    .count()
    .toStream()
    .to('out')
})
dsl('processValues', b => {
  b.addStateStore(store('store'))
  stream(b)
    .processValues(nothing, { storeNames: ['store'] })
    .groupByKey(grouped())
    .count()
    .toStream()
    .to('out')
})
dsl('a store shared by two streams', b => {
  b.addStateStore(store('store'))
  for (const topic of ['x', 'y']) {
    b.stream(topic, text())
      .process(nothing, { storeNames: ['store'] })
      .to(`out-${topic}`)
  }
})
dsl('two applications in one', b => {
  stream(b).groupByKey().count().toStream().to('counts')
  b.stream('other', text()).mapValues(same).to('others')
  b.stream('third', text())
    .groupBy((_, value) => value, grouped())
    .count()
    .toStream()
    .to('thirds')
})
dsl('many branches of one stream', b => {
  const records = stream(b)
  records.filter(all).mapValues(same).to('a')
  records.mapValues(same).to('b')
  records.groupByKey().count().filter(all).toStream().mapValues(same).to('c')
  records.to('d')
  records
    .flatMapValues(value => [value])
    .filter(all)
    .peek(() => {})
    .to('e')
  records
    .selectKey((_, value) => value)
    .groupByKey(grouped())
    .reduce(second)
    .toStream()
    .to('f')
})
dsl('a diamond', b => {
  const records = stream(b)
  records.filter(all).merge(records.filterNot(all)).merge(records.mapValues(same)).to('out')
})

plain('plain nodes', t =>
  t
    .addSource('source', 'in')
    .addProcessor('first', nothing, 'source')
    .addProcessor('second', nothing, 'first', 'source')
    .addSink('sink', 'out', {}, 'second')
    .addSink('other-sink', 'other', {}, 'first', 'second'),
)
plain('plain nodes with stores', t =>
  t
    .addSource('source-a', 'a')
    .addSource('source-b', ['b1', 'b2'])
    .addProcessor('pa', nothing, 'source-a')
    .addProcessor('pb', nothing, 'source-b')
    .addProcessor('pc', nothing, 'source-b')
    .addStateStore(store('shared'), 'pa', 'pc')
    .addStateStore(store('own'), 'pb')
    .connectProcessorAndStateStores('pc', 'own')
    .addSink('sink', 'out', {}, 'pa', 'pb', 'pc'),
)
plain('independent parts', t =>
  t
    .addSource('s1', 'a')
    .addSource('s2', 'b')
    .addSource('s3', 'c')
    .addSink('k3', 'z', {}, 's3')
    .addSink('k1', 'x', {}, 's1')
    .addSink('k2', 'y', {}, 's2'),
)
