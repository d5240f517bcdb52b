import { type GroupMember, Serdes } from '@millrace/client'
import { expect, test } from 'vitest'
import { Consumed } from '../../src/dsl/consumed.ts'
import { Grouped } from '../../src/dsl/grouped.ts'
import { StreamsBuilder } from '../../src/dsl/streams-builder.ts'
import { streamsAssignor } from '../../src/runtime/streams-assignor.ts'
import { subTopologies } from '../../src/topology/processor-topology.ts'

function member(memberId: string): GroupMember {
  return {
    memberId,
    groupInstanceId: null,
    topics: [],
    ownedPartitions: [],
    generationId: -1,
    rackId: null,
    userData: null,
  }
}

test('a task stays whole: the same partition of every topic that its sub-topology reads', () => {
  const builder = new StreamsBuilder()
  const text = Consumed.with(Serdes.string(), Serdes.string())
  builder
    .stream('left', text)
    .merge(builder.stream('right', text))
    .groupBy((_, value) => value, Grouped.with(Serdes.string(), Serdes.string()))
    .count()
  const topology = subTopologies(builder.build().graph, 'app', { topicConfig: {}, windowStoreAdditionalRetentionMs: 0 })
  const counts = new Map([
    ['left', 3],
    ['right', 2],
    [topology[1]!.sourceTopics[0]!, 3],
  ])
  const assignment = streamsAssignor(topology).assign(counts, [member('b'), member('a')])
  const given = (memberId: string) => assignment.get(memberId)!.map(({ topic, partition }) => `${topic}-${partition}`)
  expect(given('a')).toEqual(['left-0', 'right-0', 'left-1', 'right-1', `${topology[1]!.sourceTopics[0]}-2`])
  expect(given('b')).toEqual(['left-2', `${topology[1]!.sourceTopics[0]}-0`, `${topology[1]!.sourceTopics[0]}-1`])
})
