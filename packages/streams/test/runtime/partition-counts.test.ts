import { describe, expect, test } from 'vitest'
import { CopartitionError, MissingSourceTopicError, partitionCountsOf } from '../../src/runtime/partition-counts.ts'
import { taskPlansOf } from '../../src/runtime/task-assignment.ts'
import type { SubTopology } from '../../src/topology/processor-topology.ts'

interface Part {
  readonly reads: readonly string[]
  readonly writes?: readonly string[]
  /** Repartition topics it reads, with the count they were given. */
  readonly repartition?: Readonly<Record<string, number | undefined>>
  readonly joined?: readonly string[]
}

function topologyOf(...parts: Part[]): readonly SubTopology[] {
  return parts.map(
    ({ reads, writes = [], repartition = {}, joined }, id): SubTopology => ({
      id,
      nodes: [],
      stores: [],
      storeNamesByProcessor: new Map(),
      sourceTopics: reads,
      sinkTopics: writes,
      repartitionTopics: Object.entries(repartition).map(([name, partitionCount]) => ({
        name,
        kind: 'repartition',
        partitionCount,
        config: {},
      })),
      changelogTopics: new Map(),
      copartitionGroups: joined === undefined ? [] : [joined],
    }),
  )
}

const countsOf = (topology: readonly SubTopology[], external: Record<string, number>) =>
  Object.fromEntries(partitionCountsOf(topology, new Map(Object.entries(external))))

describe('partitionCountsOf', () => {
  test('a repartition topic has the greatest count of the topics that feed it, through several steps', () => {
    const topology = topologyOf(
      { reads: ['r2'], repartition: { r2: undefined } },
      { reads: ['r1'], repartition: { r1: undefined }, writes: ['r2'] },
      { reads: ['a', 'b'], writes: ['r1'] },
      { reads: ['c'], writes: ['r1', 'out'] },
    )
    expect(countsOf(topology, { a: 2, b: 5, c: 3 })).toMatchObject({ r1: 5, r2: 5 })
  })

  test('a count that was given stands', () => {
    const topology = topologyOf({ reads: ['a'], writes: ['r'] }, { reads: ['r'], repartition: { r: 7 } })
    expect(countsOf(topology, { a: 2 })).toEqual({ a: 2, r: 7 })
  })

  test('a repartition topic adopts the count of the topic it is joined with', () => {
    const topology = topologyOf(
      { reads: ['a'], writes: ['r'] },
      { reads: ['r', 'table'], repartition: { r: undefined }, joined: ['r', 'table'] },
    )
    expect(countsOf(topology, { a: 9, table: 4 })).toEqual({ a: 9, r: 4, table: 4 })
  })

  test('repartition topics that are joined with each other take the greater count', () => {
    const topology = topologyOf(
      { reads: ['a'], writes: ['r'] },
      { reads: ['b'], writes: ['s'] },
      { reads: ['r', 's'], repartition: { r: undefined, s: undefined }, joined: ['r', 's'] },
    )
    expect(countsOf(topology, { a: 2, b: 3 })).toMatchObject({ r: 3, s: 3 })
  })

  test('joined topics with different counts are refused', () => {
    const topology = topologyOf({ reads: ['a', 'b'], joined: ['a', 'b'] })
    expect(() => countsOf(topology, { a: 2, b: 3 })).toThrow(CopartitionError)
    expect(() => countsOf(topology, { a: 2, b: 3 })).toThrow('a (2), b (3)')
  })

  test('missing source topics are named', () => {
    const topology = topologyOf({ reads: ['a', 'b', 'c'] })
    expect(() => countsOf(topology, { b: 1 })).toThrow(MissingSourceTopicError)
    expect(() => countsOf(topology, { b: 1 })).toThrow('a, c')
  })

  test('a loop that nothing feeds is refused', () => {
    const topology = topologyOf({ reads: ['r'], repartition: { r: undefined }, writes: ['r'] })
    expect(() => countsOf(topology, {})).toThrow('nothing feeds: r')
  })

  test('a task reads the topics that have its partition', () => {
    const topology = topologyOf({ reads: ['a', 'b'] })
    const counts = partitionCountsOf(
      topology,
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    )
    expect(taskPlansOf(topology, counts)).toEqual([
      { taskId: '0_0', subTopologyId: 0, partition: 0, topics: ['a', 'b'] },
      { taskId: '0_1', subTopologyId: 0, partition: 1, topics: ['b'] },
    ])
  })
})
