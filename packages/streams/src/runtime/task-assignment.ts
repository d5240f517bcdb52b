/** Which member of the group runs which tasks. Pure, so that every member would decide the same. */
import type { SubTopology } from '../topology/processor-topology.ts'
import { taskCountOf } from './partition-counts.ts'

/** One sub-topology on one partition, and what it reads. */
export interface TaskPlan {
  /** `<sub-topology>_<partition>` */
  readonly taskId: string
  readonly subTopologyId: number
  readonly partition: number
  /** The source topics that have this partition. */
  readonly topics: readonly string[]
}

/** Every task of the application, by sub-topology, then by partition. */
export function taskPlansOf(
  topology: readonly SubTopology[],
  partitionCounts: ReadonlyMap<string, number>,
): TaskPlan[] {
  return topology.flatMap(subTopology =>
    Array.from({ length: taskCountOf(subTopology, partitionCounts) }, (_, partition) => ({
      taskId: `${subTopology.id}_${partition}`,
      subTopologyId: subTopology.id,
      partition,
      topics: subTopology.sourceTopics.filter(topic => partition < (partitionCounts.get(topic) ?? 0)),
    })),
  )
}

/**
 * Deals the tasks of each sub-topology to the members in ranges of neighbouring partitions, as even as possible; the
 * next sub-topology goes on with the member where the one before stopped, so that totals are even too. The same members
 * get the same tasks again.
 */
export function assignTasks(plans: readonly TaskPlan[], memberIds: readonly string[]): Map<string, TaskPlan[]> {
  const members = memberIds.toSorted()
  const assignment = new Map<string, TaskPlan[]>(members.map(member => [member, []]))
  const bySubTopology = new Map<number, TaskPlan[]>()
  for (const plan of plans) {
    const siblings = bySubTopology.get(plan.subTopologyId)
    if (siblings === undefined) bySubTopology.set(plan.subTopologyId, [plan])
    else siblings.push(plan)
  }
  let first = 0
  for (const siblings of bySubTopology.values()) {
    const share = Math.floor(siblings.length / members.length)
    const larger = siblings.length % members.length
    let next = 0
    for (let turn = 0; turn < members.length; turn++) {
      const count = share + (turn < larger ? 1 : 0)
      assignment.get(members[(first + turn) % members.length]!)!.push(...siblings.slice(next, next + count))
      next += count
    }
    first = (first + larger) % members.length
  }
  return assignment
}
