import { Serdes } from '@millrace/client'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Materialized } from '../../src/dsl/materialized.ts'
import type { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { printInt64, runScenarios } from './scenario.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const table = (builder: StreamsBuilder) => builder.table('in', TEXT)
const startsWithY = (_: string, value: string): boolean => value.startsWith('y')

runScenarios('tables', [
  {
    id: 'L1',
    title: 'a filter without old values makes a tombstone of every row that fails',
    trace: 'a:n1@1→a=null@1 · a:y1@2→a=y1@2 · a:y2@3→a=y2@3 · a:n2@4→a=null@4 · a:n3@5→a=null@5 · a:null@6→a=null@6',
    build: builder => table(builder).filter(startsWithY).toStream().to('out'),
  },
  {
    id: 'L2',
    title: 'a filter of a materialized table',
    trace: 'a:n1@1→∅ · a:y1@2→a=y1@2 · a:y2@3→a=y2@3 · a:n2@4→a=null@4 · a:n3@5→∅ · a:null@6→∅ · a:y9@2→a=y9@2',
    build: builder => builder.table('in', TEXT, Materialized.as('rows')).filter(startsWithY).toStream().to('out'),
  },
  {
    id: 'L3',
    title: 'a materialized filter without old values',
    trace:
      'a:n1@1→fs-changelog: a=null@1, a=null@1 · a:y1@2→fs-changelog: a=y1@2, a=y1@2 · a:n2@4→fs-changelog: a=null@4, a=null@4 · a:n3@5→fs-changelog: a=null@5, a=null@5 · a:y1@2→fs-changelog: a=y1@2, a=y1@2',
    build: builder => table(builder).filter(startsWithY, Materialized.as('fs')).toStream().to('out'),
  },
  {
    id: 'L4',
    title: 'mapValues is not called for null, the key selector is',
    trace: 'a:x@1→X=X@1 · a:null@2→del=null@2 · a:x@1→X=X@1',
    build: builder =>
      table(builder)
        .mapValues(value => value.toUpperCase())
        .toStream()
        .selectKey((_, value) => value ?? 'del')
        .to('out'),
  },
  {
    id: 'L6',
    title: 'a stream becomes a table',
    trace:
      'a:x@5→tt-changelog: a=x@5, a=x@5 · a:y@3→tt-changelog: a=y@3, a=y@3 · a:null@4→tt-changelog: a=null@4, a=null@4 · null:z@4→∅ · a:null@6→tt-changelog: a=null@6, a=null@6 · **dropped(0_0)=1**',
    build: builder => builder.stream('in', TEXT).toTable(Materialized.as('tt')).toStream().to('out'),
  },
  {
    id: 'L7',
    title: 'an update that changes nothing is forwarded',
    trace: 'a:x@1→a=x@1 · a:x@2→a=x@2 · a:x@2→a=x@2 · b:null@3→b=null@3',
    build: builder => table(builder).toStream().to('out'),
  },
  {
    id: 'L10',
    title: 'a filter of materialized mapped values',
    trace: 'a:x@1→a=1@1 · a:xy@2→a=null@2 · a:zw@3→∅ · a:xyz@4→a=3@4 · a:null@5→a=null@5',
    formats: { out: { value: printInt64 } },
    build: builder =>
      table(builder)
        .mapValues(value => value.length, Materialized.as('lengths').withValueSerde(Serdes.int64()))
        .filterNot((_, length) => length % 2 === 0)
        .toStream()
        .to('out'),
  },
])
