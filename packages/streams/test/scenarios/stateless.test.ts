import { Serdes } from '@millrace/client'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Produced } from '../../src/dsl/produced.ts'
import { Repartitioned } from '../../src/dsl/repartitioned.ts'
import type { KStream } from '../../src/dsl/streams-and-tables.ts'
import type { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { printInt64, runScenarios } from './scenario.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const TO_TEXT = Produced.with(Serdes.string(), Serdes.string())
const input = (builder: StreamsBuilder, topic = 'in'): KStream<string, string> => builder.stream(topic, TEXT)

runScenarios('stateless operators', [
  {
    id: 'A1',
    title: 'filter, mapValues and flatMapValues',
    trace: 'a:x,y@10{h=1}→a=X@10{h=1}, a=Y@10{h=1} · null:z@5→null=Z@5 · b:null@20→∅',
    build: builder =>
      input(builder)
        .filter((_, value) => value !== null)
        .mapValues(value => value.toUpperCase())
        .flatMapValues(value => value.split(','))
        .to('out', TO_TEXT),
  },
  {
    id: 'A2',
    title: 'map, flatMap and selectKey',
    trace: 'a:x@10{h=1}→x=a@10{h=1}, a=x@10{h=1} · null:z@5→z=null@5, null=z@5 · b:null@20→∅',
    build: builder =>
      input(builder)
        .map((key, value) => [value, key])
        .flatMap((key, value) => (key === null ? [] : [[key, value] as const, [value, key] as const]))
        .selectKey(key => key)
        .to('out', TO_TEXT),
  },
  {
    id: 'A3',
    title: 'split into branches with a default',
    trace: 'k:ab@1→out-a: k=ab@1 · k:bc@2→out-b: k=bc@2 · k:z@3→out-d: k=z@3',
    build: builder => {
      const branches = input(builder)
        .split()
        .branch((_, value) => value.startsWith('a'))
        .branch((_, value) => value.length > 1)
        .defaultBranch()
      const [a, b, rest] = [...branches.values()]
      a!.to('out-a', TO_TEXT)
      b!.to('out-b', TO_TEXT)
      rest!.to('out-d', TO_TEXT)
    },
  },
  {
    id: 'A4',
    title: 'merge, and a topic for each record',
    trace: 'x k:1@3→out-x-1: k=1@3 · y k:2@1→out-y-2: k=2@1',
    build: builder =>
      input(builder, 'x')
        .merge(input(builder, 'y'))
        .to((record, source) => `out-${source!.topic}-${record.value}`, TO_TEXT),
  },
  {
    id: 'A5',
    title: 'process forwards twice, processValues adds a header',
    trace: 'a:x@10{h=1}→a=x!/0@110{h=1 p=v}, a=x/0@10{h=1 p=v} · a:y@11→a=y!/1@111{p=v}, a=y/1@11{p=v}',
    unitsMs: [1],
    build: builder =>
      input(builder)
        .process<string, string>(context => ({
          process(record) {
            context.forward(record.withValue(`${record.value}!`).withTimestamp(record.timestampMs + 100))
            context.forward(record)
          },
        }))
        .processValues<string>(context => ({
          process(record) {
            const value = `${record.value}/${context.recordMetadata()!.offset}`
            const header = { key: 'p', value: Buffer.from('v') }
            context.forward(record.withValue(value).withHeaders([...record.headers, header]))
          },
        }))
        .to('out', TO_TEXT),
  },
  {
    id: 'A6',
    title: 'repartition leaves null keys out',
    trace:
      'a:x@10{h=1}→rp-repartition: a=x@10{h=1}, a=x@10{h=1} · null:z@5→∅ · b:null@20→rp-repartition: b=null@20, b=null@20',
    build: builder => input(builder).repartition(Repartitioned.as('rp')).to('out', TO_TEXT),
  },
  {
    id: 'A7',
    title: 'a count of selected keys repartitions',
    trace:
      'a:x1@10→KSTREAM-AGGREGATE-STATE-STORE-…2-repartition: x=x1@10, x=1@10 · q:x2@8→KSTREAM-AGGREGATE-STATE-STORE-…2-repartition: x=x2@8, x=2@10 · b:null@20→∅',
    formats: { out: { value: printInt64 } },
    build: builder =>
      input(builder)
        .selectKey((_, value) => (value === null ? null : value[0]!))
        .groupByKey()
        .count()
        .toStream()
        .to('out'),
  },
])
