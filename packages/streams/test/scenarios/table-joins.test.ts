import { Serdes } from '@millrace/client'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import { Joined } from '../../src/dsl/joined.ts'
import { Materialized } from '../../src/dsl/materialized.ts'
import type { KTable } from '../../src/dsl/streams-and-tables.ts'
import type { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { printInt64, runScenarios } from './scenario.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const table = (builder: StreamsBuilder, topic: string): KTable<string, string> => builder.table(topic, TEXT)
const plus = (left: string | null, right: string | null): string => `${left}+${right}`
const upperCase = (value: string): string => value.toUpperCase()

runScenarios('joins of tables', [
  {
    id: 'J1',
    title: 'inner',
    trace:
      'L k:null@1→∅ · L k:a@2→∅ · R k:A@1→k=a+A@2 · L k:b@5→k=b+A@5 · R k:null@4→k=null@5 · R k:null@6→k=null@6 · L k:null@7→∅ · R k:B@8→∅ · R k:C@3→∅ · L k:c@9→k=c+C@9 · L k:null@10→k=null@10 · R k:null@11→∅ · L null:x@12→∅ · **dropped(0_0)=1**',
    build: builder => table(builder, 'L').join(table(builder, 'R'), plus).toStream().to('out'),
  },
  {
    id: 'J2',
    title: 'left',
    trace:
      'L k:null@1→∅ · L k:a@2→k=a+null@2 · R k:A@1→k=a+A@2 · L k:b@5→k=b+A@5 · R k:null@4→k=b+null@5 · R k:null@6→k=b+null@6 · L k:null@7→k=null@7 · R k:B@8→∅ · R k:C@3→∅ · L k:c@9→k=c+C@9 · L k:null@10→k=null@10 · R k:null@11→∅ · L null:x@12→∅ · **dropped(0_0)=1**',
    build: builder => table(builder, 'L').leftJoin(table(builder, 'R'), plus).toStream().to('out'),
  },
  {
    id: 'J3',
    title: 'outer',
    trace:
      'L k:null@1→∅ · L k:a@2→k=a+null@2 · R k:A@1→k=a+A@2 · L k:b@5→k=b+A@5 · R k:null@4→k=b+null@5 · R k:null@6→k=b+null@6 · L k:null@7→k=null@7 · R k:B@8→k=null+B@8 · R k:C@3→k=null+C@3 · L k:c@9→k=c+C@9 · L k:null@10→k=null+C@10 · R k:null@11→k=null@11 · L null:x@12→∅ · **dropped(0_0)=1**',
    build: builder => table(builder, 'L').outerJoin(table(builder, 'R'), plus).toStream().to('out'),
  },
  {
    id: 'J5',
    title: 'left, with a store of the result',
    trace:
      'L a:1@5→L-STATE-STORE-…0-changelog: a=1@5, res-changelog: a=1+null@5, a=1+null@5 · L a:1@3→L-STATE-STORE-…0-changelog: a=1@3, res-changelog: a=1+null@3, a=1+null@3 · R a:x@4→R-STATE-STORE-…3-changelog: a=x@4, res-changelog: a=1+x@4, a=1+x@4 · L a:null@6→L-STATE-STORE-…0-changelog: a=null@6, res-changelog: a=null@6, a=null@6 · R a:y@7→R-STATE-STORE-…3-changelog: a=y@7',
    build: builder =>
      table(builder, 'L')
        .leftJoin(table(builder, 'R'), plus, Materialized.as('res').withValueSerde(Serdes.string()))
        .toStream()
        .to('out'),
  },
  {
    id: 'J6, but for the tombstones, which Kafka Streams loses',
    title: 'a table with values made of its own',
    trace: 'a:x@1→a=x+X@1, a=x+X@1 · a:y@2→a=y+Y@2, a=y+Y@2 · a:null@3→a=null@3, a=null@3 · a:null@4→∅',
    build: builder => {
      const rows = table(builder, 'in')
      rows.join(rows.mapValues(upperCase), plus).toStream().to('out')
    },
  },
  {
    id: 'J6 grouped again',
    title: 'each row enters and leaves its group once',
    trace: 'a:x@1→x+X=1@1, x+X=1@1 · a:y@2→x+X=0@2, y+Y=1@2, y+Y=1@2 · a:null@3→y+Y=0@3',
    formats: { out: { value: printInt64 } },
    build: builder => {
      const rows = table(builder, 'in')
      rows
        .join(rows.mapValues(upperCase), plus)
        .groupBy((key, value) => [value, key], Grouped.with(Serdes.string(), Serdes.string()))
        .count()
        .toStream()
        .to('out')
    },
  },
  {
    id: 'I10',
    title: 'headers are those of the record that made the result',
    trace:
      'T k:t@1{h=T}→∅ · L k:l@2{h=L}→sj: k=l+t@2{h=L} · L2 k:l2@3{h=L2}→tj: k=l2+t@3{h=L2} · T k:t2@4{h=T2}→tj: k=l2+t2@4{h=T2}',
    build: builder => {
      const right = table(builder, 'T')
      builder.stream('L', TEXT).join(right, plus, Joined.with(Serdes.string(), Serdes.string())).to('sj')
      table(builder, 'L2').join(right, plus).toStream().to('tj')
    },
  },
])
