/** The target assignment of a KIP-848 group: who shall have what, once for each group epoch. Source: KIP-848, KIP-1263. */
import type { Assignment, Assignor, MemberToAssign } from '../assignors/assignor.ts'
import { NO_PARTITIONS } from '../assignors/assignor.ts'
import { hashOfName, inMapOrder } from '../assignors/hash-order.ts'
import { assignByRange } from '../assignors/range-assignor.ts'
import { assignUniformly } from '../assignors/uniform-assignor.ts'
import type { AssignorName, ConsumerDraft, ConsumerGroupRules } from './consumer-draft.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { targetEpochRecord, targetRecord } from './consumer-group-records.ts'
import { isHomogeneous, subscribedTopicsOf } from './subscriptions.ts'
import { topicIdsOf } from './topic-catalogue.ts'

const ASSIGNORS: Record<AssignorName, Assignor> = { uniform: assignUniformly, range: assignByRange }

/** Computes a new target if there is a new group epoch, unless the last one is too young. */
export function updateTarget(draft: ConsumerDraft): void {
  const { group, nowMs, surroundings } = draft
  const { rules, topics } = surroundings
  if (group.targetEpoch >= group.groupEpoch || isTooYoung(group, rules, nowMs)) return
  const members = new Map<string, MemberToAssign>()
  for (const member of group.members.values())
    members.set(member.memberId, {
      groupInstanceId: member.groupInstanceId,
      topicIds: topicIdsOf(subscribedTopicsOf(group, member), topics),
      assigned: group.targets.get(member.memberId) ?? NO_PARTITIONS,
    })
  const targets = ASSIGNORS[assignorOf(group, rules.assignors)]({
    members,
    isHomogeneous: isHomogeneous(group),
    partitionCountOf: topicId => topics.topicById(topicId)!.partitionCount,
  })
  const changed = [...members.keys()].flatMap(memberId => {
    const target = targets.get(memberId) ?? NO_PARTITIONS
    const before = group.targets.get(memberId)
    return before !== undefined && isSame(before, target) ? [] : [targetRecord(group.groupId, memberId, target)]
  })
  draft.append(...changed, targetEpochRecord(group.groupId, group.groupEpoch, nowMs))
}

/** The one that most members ask for; `assignors` are those on offer, the first if nobody asks. */
export function assignorOf(group: ConsumerGroup, assignors: readonly AssignorName[]): AssignorName {
  const votes = new Map<AssignorName, number>()
  for (const { serverAssignor } of group.members.values()) {
    // A member may still ask for one that the broker offered before its last start.
    const assignor = assignors.find(name => name === serverAssignor)
    if (assignor !== undefined) votes.set(assignor, (votes.get(assignor) ?? 0) + 1)
  }
  let winner = assignors[0]!
  for (const name of inMapOrder(votes.keys(), hashOfName))
    if (votes.get(name)! > (votes.get(winner) ?? 0)) winner = name
  return winner
}

function isTooYoung(group: ConsumerGroup, { assignmentIntervalMs }: ConsumerGroupRules, nowMs: number): boolean {
  if (group.targetComputedMs === 0 || assignmentIntervalMs === 0) return false
  return nowMs < group.targetComputedMs + assignmentIntervalMs
}

function isSame(a: Assignment, b: Assignment): boolean {
  if (a.size !== b.size) return false
  for (const [topicId, partitions] of a) {
    const others = b.get(topicId)
    if (others?.size !== partitions.size) return false
    for (const partition of partitions) if (!others.has(partition)) return false
  }
  return true
}
