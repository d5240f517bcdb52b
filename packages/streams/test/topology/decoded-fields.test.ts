import { type Serde, Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import { Produced } from '../../src/dsl/produced.ts'
import { Repartitioned } from '../../src/dsl/repartitioned.ts'
import type { KStream } from '../../src/dsl/streams-and-tables.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { TopologyTestDriver } from '../../src/test-driver/topology-test-driver.ts'
import { decodedFields } from '../../src/topology/decoded-fields.ts'
import { Topology } from '../../src/topology/topology.ts'

const string = Serdes.string()
const json = Serdes.json<string>()
type Build = (stream: KStream<string, string>, builder: StreamsBuilder) => void

function fieldsOf(build: Build, valueSerde: Serde<string> = json): string[] {
  const builder = new StreamsBuilder()
  build(builder.stream('in', Consumed.with(string, valueSerde)), builder)
  const { nodes } = builder.build().graph
  const source = [...nodes.values()].find(node => node.kind === 'source')!
  const { key, value } = decodedFields(source, [...nodes.values()])
  return [...(key ? ['key'] : []), ...(value ? ['value'] : [])]
}

describe('of a source, only what somebody looks at is decoded', () => {
  test.each<[string, string[], Build]>([
    ['to a topic with the same serdes', [], stream => stream.to('out')],
    ['to a topic with another value serde', ['value'], stream => stream.to('out', Produced.with(string, string))],
    ['to a topic that depends on the record', ['key', 'value'], stream => stream.to(() => 'out')],
    [
      'to chosen partitions',
      ['key', 'value'],
      stream =>
        stream.to(
          'out',
          Produced.streamPartitioner(() => [0]),
        ),
    ],
    ['nowhere', [], () => {}],
    ['through a filter', ['key', 'value'], stream => stream.filter(() => true).to('out')],
    [
      'through a repartition and a merge',
      [],
      (stream, builder) =>
        stream
          .repartition()
          .merge(builder.stream('other', Consumed.with(string, json)))
          .to('out'),
    ],
    ['counted', [], stream => void stream.groupByKey().count()],
    [
      'counted under another key serde',
      ['key'],
      stream => void stream.groupByKey(Grouped.with(Serdes.json<string>(), json)).count(),
    ],
    [
      'counted, and the count looked at',
      ['key'],
      stream =>
        void stream
          .groupByKey()
          .count()
          .toStream()
          .foreach(() => {}),
    ],
    ['reduced', ['value'], stream => void stream.groupByKey().reduce(value => value)],
    [
      'aggregated',
      ['key', 'value'],
      stream =>
        void stream.groupByKey().aggregate(
          () => 0,
          () => 0,
        ),
    ],
    ['processed by a user', ['key', 'value'], stream => void stream.process(() => ({ process() {} }))],
  ])('%s', (_, fields, build) => expect(fieldsOf(build)).toEqual(fields))

  test('serdes that have to check their bytes always decode', () => {
    expect(
      fieldsOf(
        stream => stream.to('out'),
        Serdes.json(parsed => String(parsed)),
      ),
    ).toEqual(['value'])
  })

  test('a timestamp extractor of the user looks at both', () => {
    const topology = new Topology().addSource('source', 'in', { timestampExtractor: () => 1 })
    const [source] = topology.graph.nodes.values()
    expect(decodedFields(source as never, [source!])).toEqual({ key: true, value: true })
  })
})

describe('bytes that nobody changes', () => {
  const spaced = Buffer.from('{ "a" : 1 }')
  const through = (build: (stream: KStream<string, object>) => void): Uint8Array | null => {
    const builder = new StreamsBuilder()
    build(builder.stream('in', Consumed.with(string, Serdes.json<object>())))
    const driver = new TopologyTestDriver(builder.build())
    driver.createInputTopic('in', string, Serdes.bytes()).pipeInput('k', spaced, 1)
    return driver.createOutputTopic('out', string, Serdes.bytes()).readValue()
  }

  test('come out as they went in, looked at or not', () => {
    expect(through(stream => stream.to('out'))).toEqual(spaced)
    expect(through(stream => stream.filter((_, value) => 'a' in value).to('out'))).toEqual(spaced)
    expect(
      through(stream =>
        stream
          .selectKey(() => 'other')
          .repartition(Repartitioned.with(string, Serdes.json()))
          .to('out'),
      ),
    ).toEqual(spaced)
  })

  test('are written anew when the value was replaced', () => {
    const written = through(stream =>
      stream.mapValues(value => ({ ...value })).to('out', Produced.with(string, Serdes.json())),
    )
    expect(written).toEqual(Buffer.from('{"a":1}'))
  })
})
