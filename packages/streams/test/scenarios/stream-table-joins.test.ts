import { Serdes } from '@millrace/client'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Joined } from '../../src/dsl/joined.ts'
import type { KStream, KTable } from '../../src/dsl/streams-and-tables.ts'
import type { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { runScenarios } from './scenario.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const JOINED = Joined.with(Serdes.string(), Serdes.string())
const stream = (builder: StreamsBuilder, topic: string): KStream<string, string> => builder.stream(topic, TEXT)
const table = (builder: StreamsBuilder, topic: string): KTable<string, string> => builder.table(topic, TEXT)
const plus = (left: string | null, right: string | null): string => `${left}+${right}`

runScenarios('joins of streams with tables', [
  {
    id: 'I1',
    title: 'inner',
    trace:
      'L k:a@1→∅ · T k:A@10{h=T}→∅ · L k:b@5{h=L}→k=b+A@5{h=L} · T k:B@3→∅ · L k:c@20→k=c+B@20 · T k:null@21→∅ · L k:d@22→∅ · L null:x@23→∅ · L k:null@24→∅ · **dropped(0_0)=2**',
    build: builder => stream(builder, 'L').join(table(builder, 'T'), plus).to('out'),
  },
  {
    id: 'I2',
    title: 'left',
    trace:
      'L k:a@1→k=a+null@1 · T k:A@10→∅ · L k:b@5→k=b+A@5 · T k:null@21→∅ · L k:d@22→k=d+null@22 · L null:x@23→null=x+null@23 · L k:null@24→∅ · L null:null@25→∅ · **dropped(0_0)=2**',
    build: builder => stream(builder, 'L').leftJoin(table(builder, 'T'), plus).to('out'),
  },
  {
    id: 'I6',
    title: 'a repartition lets null keys through to a left join',
    trace:
      'a:x@1→KSTREAM-KEY-SELECT-0000000001-repartition: x=x@1, x=x+null@1 · a:n@2→KSTREAM-KEY-SELECT-0000000001-repartition: null=n@2, null=n+null@2',
    build: builder =>
      stream(builder, 'in')
        .selectKey((_, value) => (value === 'n' ? null : value))
        .leftJoin(table(builder, 'T'), plus, Joined.with(Serdes.string(), Serdes.string()))
        .to('out'),
  },
  {
    id: 'I7',
    title: 'a repartition holds null keys back from an inner join',
    trace: 'a:n@2→∅',
    build: builder =>
      stream(builder, 'in')
        .selectKey((_, value) => (value === 'n' ? null : value))
        .join(table(builder, 'T'), plus, JOINED)
        .to('out'),
  },
  {
    id: 'I8',
    title: 'a stream with the table made of it',
    trace: 'a:1@1→a=1+1@1 · a:2@2→a=2+2@2 · a:null@3→∅ · a:4@1→a=4+4@1 · **dropped(0_0)=1**',
    build: builder => {
      const records = stream(builder, 'in')
      records.join(records.toTable(), plus).to('out')
    },
  },
  {
    id: 'I9',
    title: 'the key changes before the join',
    trace: 't x:T@10→∅ · s k:x1@5{h=1}→KSTREAM-KEY-SELECT-0000000001-repartition: x=x1@5{h=1}, x=x1+T@5{h=1}',
    build: builder =>
      stream(builder, 's')
        .selectKey((_, value) => value[0]!)
        .join(table(builder, 't'), plus, JOINED)
        .to('out'),
  },
  {
    id: 'rows without a store',
    title: 'are made from the nearest stores above when they are looked up',
    trace:
      's k:1@1→k=1+null@1 · l k:skip@2→∅ · s k:2@3→k=2+null@3 · r k:R@4→∅ · s k:3@5→k=3+null/R@5 · l k:a@6→∅ · s k:4@7→k=4+A/R@7 · r k:null@8→∅ · s k:5@9→k=5+A/null@9',
    build: builder => {
      const left = table(builder, 'l')
        .filter((_, value) => value !== 'skip')
        .mapValues(value => value.toUpperCase())
      const rows = left.outerJoin(table(builder, 'r'), (own, other) => `${own}/${other}`)
      stream(builder, 's').leftJoin(rows, plus).to('out')
    },
  },
])
