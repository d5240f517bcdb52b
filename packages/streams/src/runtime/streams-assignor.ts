import type { Assignor, GroupMember, TopicPartition } from '@millrace/client'
import type { SubTopology } from '../topology/processor-topology.ts'
import { assignTasks, taskPlansOf } from './task-assignment.ts'

/** Kafka Streams' name for its assignor. */
const STREAMS_ASSIGNOR_NAME = 'stream'

/**
 * Divides partitions so that a task stays whole: partition n of every source topic of a sub-topology goes to the same
 * member. Unlike Kafka Streams' assignor it carries no user data: tasks are dealt by name, not by who has their state.
 */
export function streamsAssignor(topology: readonly SubTopology[]): Assignor {
  return {
    name: STREAMS_ASSIGNOR_NAME,
    assign(partitionCounts: ReadonlyMap<string, number>, members: readonly GroupMember[]) {
      const memberIds = members.map(({ memberId }) => memberId)
      const assignment = new Map<string, TopicPartition[]>()
      for (const [memberId, plans] of assignTasks(taskPlansOf(topology, partitionCounts), memberIds)) {
        const partitions = plans.flatMap(({ topics, partition }) => topics.map(topic => ({ topic, partition })))
        assignment.set(memberId, partitions)
      }
      return assignment
    },
  }
}
