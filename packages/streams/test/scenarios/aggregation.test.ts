import { Serdes } from '@millrace/client'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import { Materialized } from '../../src/dsl/materialized.ts'
import type { KStream, KTable } from '../../src/dsl/streams-and-tables.ts'
import type { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { printHex, printInt64, runScenarios } from './scenario.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const GROUPED = Grouped.with(Serdes.string(), Serdes.string())
const stream = (builder: StreamsBuilder, topic = 'in'): KStream<string, string> => builder.stream(topic, TEXT)
const table = (builder: StreamsBuilder): KTable<string, string> => builder.table('in', TEXT)
const storedText = (name: string) => Materialized.as(name).withValueSerde(Serdes.string())
const COUNTS = { out: { value: printInt64 } }

runScenarios('aggregations', [
  {
    id: 'B1',
    title: 'count',
    trace:
      'a:x@10{h=1}→a=1@10{h=1} · a:y@5{h=2}→a=2@10{h=2} · null:y@5→∅ · a:null@20→∅ · a:z@30→a=3@30 · **dropped(0_0)=2**',
    formats: COUNTS,
    build: builder => stream(builder).groupByKey().count().toStream().to('out'),
  },
  {
    id: 'B2',
    title: 'reduce',
    trace: 'a:1@10→a=1@10 · a:2@5→a=12@10 · a:3@12→a=123@12',
    build: builder =>
      stream(builder)
        .groupByKey()
        .reduce((result, value) => result + value)
        .toStream()
        .to('out'),
  },
  {
    id: 'B3',
    title: 'an aggregator that returns null removes the key',
    trace:
      'a:1@10→st-changelog: a=I1@10, a=I1@10 · a:del@20→st-changelog: a=null@20, a=null@20 · a:2@5→st-changelog: a=I2@5, a=I2@5 · a:del@1→st-changelog: a=null@1, a=null@5',
    build: builder =>
      stream(builder)
        .groupByKey()
        .aggregate(
          () => 'I',
          (_, value, result) => (value === 'del' ? null : result + value),
          storedText('st'),
        )
        .toStream()
        .to('out'),
  },
  {
    id: 'B5',
    title: 'rows of a table move between groups',
    trace:
      'a:X1@10→agg-repartition: X=0x3101@10, X=+1@10 · a:X2@20→agg-repartition: X=0x02323102@20, X=+1-1+2@20 · a:Y3@15→agg-repartition: X=0x3200@15, agg-repartition: Y=0x3301@15, X=+1-1+2-2@20, Y=+3@15 · b:Y4@5→agg-repartition: Y=0x3401@5, Y=+3+4@15 · a:null@30→agg-repartition: Y=0x3300@30, Y=+3+4-3@30 · null:Z1@31→∅ · **dropped(0_0)=1**',
    formats: { 'agg-repartition': { value: printHex } },
    build: builder =>
      table(builder)
        .groupBy((_, value) => [value[0]!, value.slice(1)], GROUPED)
        .aggregate(
          () => '',
          (_, value, result) => `${result}+${value}`,
          (_, value, result) => `${result}-${value}`,
          storedText('agg'),
        )
        .toStream()
        .to('out'),
  },
  {
    id: 'B6',
    title: 'the count of a grouped table reaches 0 and stays',
    trace: 'a:X@10→X=1@10 · b:X@9→X=2@10 · a:Y@20→X=1@20, Y=1@20 · b:null@21→X=0@21 · c:null@22→∅',
    formats: COUNTS,
    build: builder =>
      table(builder)
        .groupBy((key, value) => [value, key], GROUPED)
        .count()
        .toStream()
        .to('out'),
  },
  {
    id: 'B7',
    title: 'reduce of a grouped table with rows in no group',
    trace:
      'a:5@10→g=5@10 · b:7@9→g=12@10 · a:6@8→g=13@10 · b:n@20→g=6@20 · b:1@21→g=7@21 · a:null@22→g=1@22 · b:null@23→g=0@23',
    build: builder =>
      table(builder)
        .groupBy((_, value) => [value === 'n' ? null! : 'g', value], GROUPED)
        .reduce(
          (result, value) => String(Number(result) + Number(value)),
          (result, value) => String(Number(result) - Number(value)),
        )
        .toStream()
        .to('out'),
  },
  {
    // Kafka Streams subtracts the initializer's value: its trace ends in c:x@3→I=0@3, x=1@3 · d:y@4→I=-1@4, y=1@4
    id: 'B8',
    title: 'a new key of an aggregation has no old value',
    trace: 'a:I@1→I=1@1 · b:I@2→I=2@2 · c:x@3→x=1@3 · d:y@4→y=1@4',
    formats: COUNTS,
    build: builder =>
      stream(builder)
        .groupByKey()
        .aggregate(
          () => 'I',
          (_, value) => value,
          Materialized.with(Serdes.string(), Serdes.string()),
        )
        .groupBy((key, value) => [value, key], GROUPED)
        .count()
        .toStream()
        .to('out'),
  },
  {
    id: 'B9',
    title: 'a filter knows the old values of a count',
    trace: 'a@1→∅ · a@2→a=2@2',
    formats: COUNTS,
    build: builder =>
      stream(builder)
        .groupByKey()
        .count()
        .filter((_, total) => total > 1)
        .toStream()
        .to('out'),
  },
  {
    id: 'B10',
    title: 'a reduction grouped by its value',
    trace: 'a:I@1→I=1@1 · b:I@2→I=2@2 · c:x@3→x=1@3 · a:x@4→I=1@4, x=2@4',
    formats: COUNTS,
    build: builder =>
      stream(builder)
        .groupByKey()
        .reduce((_, value) => value)
        .groupBy((key, value) => [value, key], GROUPED)
        .count()
        .toStream()
        .to('out'),
  },
  {
    id: 'B11',
    title: 'the last record wins, not the latest',
    trace: 'x a:1@10→a=1@10 · y a:2@5→a=2@5',
    build: builder => stream(builder, 'x').merge(stream(builder, 'y')).toTable().toStream().to('out'),
  },
])
