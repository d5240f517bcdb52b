/** The topologies of Joins.java, in the same order and under the same names. */
import { Serdes } from '@millrace/client'
import { Consumed } from '../../../src/dsl/consumed.ts'
import { Grouped } from '../../../src/dsl/grouped.ts'
import { Joined } from '../../../src/dsl/joined.ts'
import { Materialized } from '../../../src/dsl/materialized.ts'
import { Named } from '../../../src/dsl/named.ts'
import { StreamJoined } from '../../../src/dsl/stream-joined.ts'
import type { KStream, KTable } from '../../../src/dsl/streams-and-tables.ts'
import { StreamsBuilder } from '../../../src/dsl/streams-builder.ts'
import type { Topology } from '../../../src/topology/topology.ts'
import { JoinWindows } from '../../../src/windows/join-windows.ts'

export const joins = new Map<string, Topology>()

function dsl(name: string, build: (builder: StreamsBuilder) => void): void {
  const builder = new StreamsBuilder({ defaultKeySerde: Serdes.string(), defaultValueSerde: Serdes.string() })
  build(builder)
  joins.set(name, builder.build())
}

const text = () => Consumed.with(Serdes.string(), Serdes.string())
const stream = (builder: StreamsBuilder, topic: string): KStream<string, string> => builder.stream(topic, text())
const table = (builder: StreamsBuilder, topic: string): KTable<string, string> => builder.table(topic, text())
const joined = () => Joined.with(Serdes.string(), Serdes.string())
const streamJoined = () => StreamJoined.with(Serdes.string(), Serdes.string(), Serdes.string())
const within10 = JoinWindows.ofTimeDifferenceWithNoGrace(10)
const plus = (left: unknown, right: unknown): string => `${left}+${right}`
const byValue = (_: unknown, value: string): string => value
const all = () => true
const same = <V>(value: V): V => value

dsl('stream with table', b => stream(b, 's').join(table(b, 't'), plus).to('out'))
dsl('stream with table, left', b => stream(b, 's').leftJoin(table(b, 't'), plus).to('out'))
dsl('stream with table, named', b =>
  stream(b, 's').leftJoin(table(b, 't'), plus, joined().withName('joining')).to('out'),
)
dsl('changed stream with table', b => stream(b, 's').selectKey(byValue).join(table(b, 't'), plus, joined()).to('out'))
dsl('filtered changed stream with table', b =>
  stream(b, 's')
    .map((key, value) => [value, key])
    .filter(all)
    .join(table(b, 't'), plus, joined())
    .to('out'),
)
dsl('changed stream with table, named', b =>
  stream(b, 's')
    .selectKey(byValue, Named.as('keyed'))
    .join(table(b, 't'), plus, joined().withName('joining'))
    .to('out'),
)
dsl('two joins of a changed stream', b => {
  const changed = stream(b, 's').selectKey(byValue)
  changed.join(table(b, 't'), plus, joined()).to('a')
  changed.leftJoin(table(b, 'u'), plus, joined()).to('b')
})
dsl('two joins of a changed stream, the first named', b => {
  const changed = stream(b, 's').selectKey(byValue)
  changed.join(table(b, 't'), plus, joined().withName('joining')).to('a')
  changed.leftJoin(table(b, 'u'), plus, joined()).to('b')
})
dsl('two joins one after the other', b =>
  stream(b, 's').join(table(b, 't'), plus).leftJoin(table(b, 'u'), plus).to('out'),
)
dsl('stream with aggregation', b => {
  const records = stream(b, 's')
  records.leftJoin(records.groupByKey().count(), plus).to('out')
})
dsl('stream with filtered and mapped table', b =>
  stream(b, 's').join(table(b, 't').filter(all).mapValues(same), plus).to('out'),
)
dsl('stream with materialized mapped table', b =>
  stream(b, 's')
    .join(table(b, 't').mapValues(same, Materialized.as('mapped')), plus)
    .to('out'),
)
dsl('stream with the table made of it', b => {
  const records = stream(b, 's')
  records.join(records.toTable(), plus).to('out')
})
dsl('stream with table, grouped again', b =>
  stream(b, 's')
    .join(table(b, 't'), plus)
    .groupBy(byValue, Grouped.with(Serdes.string(), Serdes.string()))
    .count()
    .toStream()
    .foreach(() => {}),
)
dsl('table with table', b => table(b, 'l').join(table(b, 'r'), plus).toStream().to('out'))
dsl('table with table, left', b => table(b, 'l').leftJoin(table(b, 'r'), plus).toStream().to('out'))
dsl('table with table, outer', b => table(b, 'l').outerJoin(table(b, 'r'), plus).toStream().to('out'))
dsl('table with table, named', b =>
  table(b, 'l').join(table(b, 'r'), plus, undefined, Named.as('joining')).toStream().to('out'),
)
dsl('table with table, materialized', b =>
  table(b, 'l').outerJoin(table(b, 'r'), plus, Materialized.as('rows')).toStream().to('out'),
)
dsl('table with table, materialized without a name', b =>
  table(b, 'l').join(table(b, 'r'), plus, Materialized.with(Serdes.string(), Serdes.string())).toStream().to('out'),
)
dsl('three tables', b => table(b, 'l').join(table(b, 'm'), plus).leftJoin(table(b, 'r'), plus).toStream().to('out'))
dsl('stream with joined tables', b =>
  stream(b, 's')
    .join(table(b, 'l').outerJoin(table(b, 'r'), plus), plus)
    .to('out'),
)
dsl('joined tables, grouped again', b =>
  table(b, 'l')
    .join(table(b, 'r'), plus)
    .groupBy((key, value) => [value, key], Grouped.with(Serdes.string(), Serdes.string()))
    .count()
    .toStream()
    .foreach(() => {}),
)
dsl('filtered tables, left', b =>
  table(b, 'l').filter(all).leftJoin(table(b, 'r').mapValues(same), plus).toStream().to('out'),
)
dsl('two aggregations of a stream', b => {
  const grouped = stream(b, 's').groupByKey()
  const counts = grouped.count()
  const latest = grouped.reduce((_, value) => value)
  counts.join(latest, plus).toStream().to('out')
})
dsl('a table with values made of its own', b => {
  const rows = table(b, 't')
  rows.join(rows.mapValues(same), plus).toStream().to('out')
})
dsl('a table with itself', b => {
  const rows = table(b, 't')
  rows.join(rows, plus).toStream().to('out')
})
dsl('stream with stream', b => stream(b, 'l').join(stream(b, 'r'), plus, within10).to('out'))
dsl('stream with stream, left', b => stream(b, 'l').leftJoin(stream(b, 'r'), plus, within10).to('out'))
dsl('stream with stream, outer', b => stream(b, 'l').outerJoin(stream(b, 'r'), plus, within10).to('out'))
dsl('stream with stream, named', b =>
  stream(b, 'l').join(stream(b, 'r'), plus, within10, streamJoined().withName('joining')).to('out'),
)
dsl('stream with stream, left, stores named', b =>
  stream(b, 'l').leftJoin(stream(b, 'r'), plus, within10, streamJoined().withStoreName('kept')).to('out'),
)
dsl('stream with stream, outer, all named', b => {
  const named = streamJoined().withName('joining').withStoreName('kept')
  stream(b, 'l').outerJoin(stream(b, 'r'), plus, within10, named).to('out')
})
dsl('changed stream with stream', b =>
  stream(b, 'l').selectKey(byValue).join(stream(b, 'r'), plus, within10, streamJoined()).to('out'),
)
dsl('stream with changed stream, left', b => {
  const left = stream(b, 'l')
  const right = stream(b, 'r')
  left
    .leftJoin(
      right.map((key, value) => [value, key]),
      plus,
      within10,
      streamJoined(),
    )
    .to('out')
})
dsl('changed streams, named', b =>
  stream(b, 'l')
    .selectKey(byValue)
    .outerJoin(stream(b, 'r').selectKey(byValue), plus, within10, streamJoined().withName('joining'))
    .to('out'),
)
dsl('three streams', b =>
  stream(b, 'l').join(stream(b, 'm'), plus, within10).leftJoin(stream(b, 'r'), plus, within10).to('out'),
)
dsl('one changed stream in two joins', b => {
  const changed = stream(b, 's').selectKey(byValue)
  changed.join(stream(b, 'l'), plus, within10, streamJoined()).to('a')
  changed.join(stream(b, 'r'), plus, within10, streamJoined()).to('b')
})
dsl('a stream with itself', b => {
  const records = stream(b, 's')
  records.join(records, plus, within10).to('out')
})
dsl('a topic with itself', b => stream(b, 's').join(stream(b, 's').mapValues(same), plus, within10).to('out'))
dsl('joined streams with table, counted', b =>
  stream(b, 'l')
    .join(stream(b, 'r'), plus, within10)
    .leftJoin(table(b, 't'), plus)
    .groupBy(byValue, Grouped.with(Serdes.string(), Serdes.string()))
    .count()
    .toStream()
    .foreach(() => {}),
)
