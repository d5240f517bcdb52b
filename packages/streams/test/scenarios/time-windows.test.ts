import { Serdes } from '@millrace/client'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import { Materialized } from '../../src/dsl/materialized.ts'
import type { KGroupedStream } from '../../src/dsl/streams-and-tables.ts'
import type { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { TimeWindows } from '../../src/windows/time-windows.ts'
import { printHex, printInt64, printTimeWindow, runScenarios } from './scenario.ts'

const grouped = (builder: StreamsBuilder): KGroupedStream<string, string> =>
  builder.stream('in', Consumed.with(Serdes.string(), Serdes.string())).groupByKey()
const WINDOWS_OF_10 = { key: printTimeWindow(10) }
const COUNTS_OF_10 = { key: printTimeWindow(10), value: printInt64 }

runScenarios('time windows', [
  {
    id: 'C1',
    title: 'tumbling count: the border of the grace period',
    trace:
      'a@3→a[0,10)=1@3 · a@1→a[0,10)=2@3 · b@14→b[10,20)=1@14 · a@9→a[0,10)=3@9 · b@15→b[10,20)=2@15 · a@9→∅ · a@10→a[10,20)=1@10 · null@99→∅ · **dropped(0_0)=2**',
    formats: { out: COUNTS_OF_10 },
    build: (builder, unitMs) =>
      grouped(builder)
        .windowedBy(TimeWindows.ofSizeAndGrace(10 * unitMs, 5 * unitMs))
        .count()
        .toStream()
        .to('out'),
  },
  {
    id: 'C2',
    title: 'hopping reduce without grace',
    trace:
      'a:1@2→a[0,10)=1@2 · a:2@7→a[0,10)=12@7, a[5,15)=2@7 · a:3@12→a[5,15)=23@12, a[10,20)=3@12 · a:4@9→a[5,15)=234@12 · a:5@20→a[15,25)=5@20, a[20,30)=5@20 · a:6@14→∅ · **dropped(0_0)=3**',
    formats: { out: WINDOWS_OF_10 },
    build: (builder, unitMs) =>
      grouped(builder)
        .windowedBy(TimeWindows.ofSizeWithNoGrace(10 * unitMs).advanceBy(5 * unitMs))
        .reduce((result, value) => result + value)
        .toStream()
        .to('out'),
  },
  {
    id: 'C3',
    title: 'no window starts before 0',
    trace: 'a@2→a[0,10)=1@2 · a@5→a[0,10)=2@5, a[4,14)=1@5 · a@11→a[4,14)=2@11, a[8,18)=1@11',
    formats: { out: COUNTS_OF_10 },
    build: (builder, unitMs) =>
      grouped(builder)
        .windowedBy(TimeWindows.ofSizeWithNoGrace(10 * unitMs).advanceBy(4 * unitMs))
        .count()
        .toStream()
        .to('out'),
  },
  {
    id: 'C4',
    title: 'a window past its grace period takes nothing though the store still has it',
    trace: 'a@1→a[0,10)=1@1 · a@14→a[10,20)=1@14 · a@2→a[0,10)=2@2 · a@15→a[10,20)=2@15 · a@2→∅ · **dropped(0_0)=1**',
    formats: { out: COUNTS_OF_10 },
    build: (builder, unitMs) =>
      grouped(builder)
        .windowedBy(TimeWindows.ofSizeAndGrace(10 * unitMs, 5 * unitMs))
        .count(Materialized.as<string, number>('kept').withRetention(100 * unitMs))
        .toStream()
        .to('out'),
  },
  {
    id: 'C5',
    title: 'a windowed count counts null values',
    trace: 'a:null@1→a[0,10)=1@1 · a:x@2→a[0,10)=2@2',
    formats: { out: COUNTS_OF_10 },
    build: (builder, unitMs) =>
      grouped(builder)
        .windowedBy(TimeWindows.ofSizeWithNoGrace(10 * unitMs))
        .count()
        .toStream()
        .to('out'),
  },
  {
    id: 'C6',
    title: 'a windowed aggregator sees null values and may remove the window',
    trace:
      'a:1@3→ws-changelog: 0x61000000000000000000000000=I1@3, a[0,10)=I1@3 · a:null@2→ws-changelog: 0x61000000000000000000000000=null@2, a[0,10)=null@3 · a:2@1→ws-changelog: 0x61000000000000000000000000=I2@1, a[0,10)=I2@1',
    formats: { out: WINDOWS_OF_10, 'ws-changelog': { key: printHex } },
    build: (builder, unitMs) =>
      grouped(builder)
        .windowedBy(TimeWindows.ofSizeAndGrace(10 * unitMs, 5 * unitMs))
        .aggregate(
          () => 'I',
          (_, value, result) => (value === null ? null : result + value),
          Materialized.as('ws').withValueSerde(Serdes.string()),
        )
        .toStream()
        .to('out'),
  },
  {
    id: 'C8',
    title: 'the bytes of windowed keys and of the changelog',
    trace:
      'a@1002→w-changelog: 0x6100000000000003e800000000=0x0000000000000001@1002, 0x6100000000000003e8=0x0000000000000001@1002 · a@1001→w-changelog: 0x6100000000000003e800000000=0x0000000000000002@1002, 0x6100000000000003e8=0x0000000000000002@1002',
    formats: { out: { key: printHex, value: printHex }, 'w-changelog': { key: printHex, value: printHex } },
    unitsMs: [1],
    build: builder =>
      grouped(builder).windowedBy(TimeWindows.ofSizeAndGrace(10, 100)).count(Materialized.as('w')).toStream().to('out'),
  },
  {
    id: 'C10',
    title: 'a windowed table grouped again by its plain key',
    trace: 'a@1→a=1@1 · a@2→a=2@2 · a@11→a=1@11',
    formats: { out: { value: printInt64 } },
    build: (builder, unitMs) =>
      grouped(builder)
        .windowedBy(TimeWindows.ofSizeWithNoGrace(10 * unitMs))
        .count()
        .toStream()
        .selectKey(windowed => windowed.key)
        .groupByKey(Grouped.with(Serdes.string(), Serdes.int64()))
        .reduce((_, total) => total)
        .toStream()
        .to('out'),
  },
])
