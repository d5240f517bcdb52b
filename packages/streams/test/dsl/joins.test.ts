import { Serdes } from '@millrace/client'
import { describe, expect, test } from 'vitest'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Joined } from '../../src/dsl/joined.ts'
import { Materialized } from '../../src/dsl/materialized.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'

const TEXT = Consumed.with(Serdes.string(), Serdes.string())
const JOINED = Joined.with(Serdes.string(), Serdes.string())
const plus = (left: string | null, right: string | null): string => `${left}+${right}`

function copartitionedTopics(define: (builder: StreamsBuilder) => void): string[][] {
  const builder = new StreamsBuilder()
  define(builder)
  const { nodes, copartitionGroups } = builder.build().graph
  return copartitionGroups.map(sourceNames =>
    sourceNames
      .flatMap(name => {
        const node = nodes.get(name)
        return node?.kind === 'source' ? node.topics : []
      })
      .sort(),
  )
}

describe('topics that must have equally many partitions', () => {
  test('those of a stream and of the table it looks into', () => {
    expect(copartitionedTopics(b => b.stream('s', TEXT).join(b.table('t', TEXT), plus))).toEqual([['s', 't']])
  })

  test('those of all before, in the second of two joins', () => {
    const define = (b: StreamsBuilder) =>
      b.stream('s', TEXT).join(b.table('t', TEXT), plus).leftJoin(b.table('u', TEXT), plus)
    expect(copartitionedTopics(define)).toEqual([
      ['s', 't'],
      ['s', 't', 'u'],
    ])
  })

  test('the repartition topic, not what fills it', () => {
    const define = (b: StreamsBuilder) =>
      b
        .stream('s', TEXT)
        .selectKey((_, value) => value)
        .join(b.table('t', TEXT), plus, JOINED.withName('joining'))
    expect(copartitionedTopics(define)).toEqual([['joining-repartition', 't']])
  })

  test('the one repartition topic that two joins share', () => {
    const define = (b: StreamsBuilder) => {
      const changed = b.stream('s', TEXT).selectKey((_, value) => value)
      changed.join(b.table('t', TEXT), plus, JOINED)
      changed.join(b.table('u', TEXT), plus, JOINED)
    }
    expect(copartitionedTopics(define)).toEqual([
      ['KSTREAM-KEY-SELECT-0000000001-repartition', 't'],
      ['KSTREAM-KEY-SELECT-0000000001-repartition', 'u'],
    ])
  })
})

test('a table that is joined keeps a store, the nearest one above it', () => {
  const storeNames = (define: (builder: StreamsBuilder) => void): string[] => {
    const builder = new StreamsBuilder()
    define(builder)
    return [...builder.build().graph.stores.keys()]
  }
  const even = (_: string, value: string): boolean => value.length % 2 === 0
  expect(storeNames(b => b.stream('s', TEXT).join(b.table('t', TEXT).filter(even), plus))).toEqual([
    't-STATE-STORE-0000000001',
  ])
  expect(
    storeNames(b => b.stream('s', TEXT).join(b.table('t', TEXT).filter(even, Materialized.as('even')), plus)),
  ).toEqual(['even'])
})

test('a stream joins only with what a builder made', () => {
  const builder = new StreamsBuilder()
  const table = builder.table('t', TEXT)
  const other = Object.create(table) as typeof table
  Object.setPrototypeOf(other, null)
  expect(() => builder.stream('s', TEXT).join(other, plus)).toThrow(TypeError)
})
