/**
 * One member's way to the target assignment, step by step: what it loses it has to give up first, and it may only have what
 * nobody else has. Source: Apache Kafka 4.3, `CurrentAssignmentBuilder`; KIP-848, "Rebalance process".
 */
import { ErrorCode, KafkaError } from '@millrace/protocol'
import type { Assignment } from '../assignors/assignor.ts'
import { type ConsumerGroup, type ConsumerMember, isTaken, type MemberState } from './consumer-group.ts'
import { NOTHING_OWNED, type OwnedPartitions, owns, ownsAny, type TopicPartitions } from './owned-partitions.ts'

export interface ReconciliationStep {
  readonly group: ConsumerGroup
  readonly member: ConsumerMember
  readonly target: Assignment
  readonly targetEpoch: number
  /** Ids of the topics the member is subscribed to now. Partitions of others are not given to it, whatever the target says. */
  readonly subscribedTopicIds: ReadonlySet<string>
  readonly hasSubscriptionChanged: boolean
  /** What the member says it has; null when it does not say. */
  readonly reported: readonly TopicPartitions[] | null
}

/** What happens next to a member, by the state it is in. */
const NEXT: Record<MemberState, (step: ReconciliationStep) => ConsumerMember> = {
  stable: step => {
    if (step.member.memberEpoch !== step.targetEpoch) return advance(step)
    return step.hasSubscriptionChanged ? dropUnsubscribed(step) : step.member
  },
  unrevoked: step => {
    if (!stillHas(step, step.member.revoking)) return advance(step)
    return step.hasSubscriptionChanged ? dropUnsubscribed(step) : step.member
  },
  unreleased: advance,
  unknown: step => {
    if (step.reported === null || step.reported.length > 0)
      throw new KafkaError(ErrorCode.FENCED_MEMBER_EPOCH, 'the state of the member is not known: it has to join again')
    return advance({ ...step, member: { ...step.member, memberEpoch: step.targetEpoch } })
  },
}

/** The member after this step; the same object when it is where it was. Throws {@link KafkaError} FENCED_MEMBER_EPOCH. */
export function reconcile(step: ReconciliationStep): ConsumerMember {
  return NEXT[step.member.state](step)
}

function advance(step: ReconciliationStep): ConsumerMember {
  const { member, targetEpoch } = step
  const { kept, revoking, added, hasUnreleased } = compare(step)
  // It stays in its epoch until it has given up what is not its own any more.
  if (revoking.size > 0 && stillHas(step, revoking))
    return { ...member, ...epochs(member, member.memberEpoch), state: 'unrevoked', assigned: kept, revoking }
  const assigned = new Map<string, ReadonlyMap<number, number>>(kept)
  for (const [topicId, partitions] of added) {
    const own = new Map(kept.get(topicId))
    for (const partition of partitions) own.set(partition, targetEpoch)
    assigned.set(topicId, own)
  }
  const state = hasUnreleased ? 'unreleased' : 'stable'
  return { ...member, ...epochs(member, targetEpoch), state, assigned, revoking: NOTHING_OWNED }
}

interface Comparison {
  /** Had before, and in the target. */
  readonly kept: Map<string, ReadonlyMap<number, number>>
  /** Had before, and not in the target. */
  readonly revoking: Map<string, ReadonlyMap<number, number>>
  /** In the target, and free. */
  readonly added: Map<string, number[]>
  /** Something in the target is not free yet. */
  readonly hasUnreleased: boolean
}

function compare(step: ReconciliationStep): Comparison {
  const { group, member, target, subscribedTopicIds } = step
  const kept = new Map<string, ReadonlyMap<number, number>>()
  const revoking = new Map<string, ReadonlyMap<number, number>>()
  const added = new Map<string, number[]>()
  let hasUnreleased = false
  for (const topicId of new Set([...target.keys(), ...member.assigned.keys()])) {
    const wanted = subscribedTopicIds.has(topicId) ? target.get(topicId) : undefined
    const had = [...(member.assigned.get(topicId) ?? [])]
    const keptHere = had.filter(([partition]) => wanted?.has(partition) === true)
    const revokedHere = had.filter(([partition]) => wanted?.has(partition) !== true)
    if (keptHere.length > 0) kept.set(topicId, new Map(keptHere))
    if (revokedHere.length > 0) revoking.set(topicId, new Map(revokedHere))
    const addedHere: number[] = []
    for (const partition of wanted ?? []) {
      if (owns(member.assigned, topicId, partition)) continue
      // What it is giving up itself it may have back: nobody else has it.
      if (!owns(member.revoking, topicId, partition) && isTaken(group, topicId, partition)) hasUnreleased = true
      else addedHere.push(partition)
    }
    if (addedHere.length > 0) added.set(topicId, addedHere)
  }
  return { kept, revoking, added, hasUnreleased }
}

/** While the new target is awaited, at least nothing of topics it no longer wants stays assigned. */
function dropUnsubscribed(step: ReconciliationStep): ConsumerMember {
  const { member, subscribedTopicIds } = step
  const assigned = new Map([...member.assigned].filter(([topicId]) => subscribedTopicIds.has(topicId)))
  if (assigned.size === member.assigned.size) return member
  const revoking = new Map(member.revoking)
  for (const [topicId, partitions] of member.assigned)
    if (!assigned.has(topicId)) revoking.set(topicId, new Map([...(revoking.get(topicId) ?? []), ...partitions]))
  if (stillHas(step, revoking))
    return { ...member, ...epochs(member, member.memberEpoch), state: 'unrevoked', assigned, revoking }
  return { ...member, ...epochs(member, member.memberEpoch), assigned }
}

/** A member that does not say what it has may have all of it. */
function stillHas({ reported }: ReconciliationStep, partitions: OwnedPartitions): boolean {
  return reported === null || ownsAny(partitions, reported)
}

function epochs(
  member: ConsumerMember,
  memberEpoch: number,
): Pick<ConsumerMember, 'memberEpoch' | 'previousMemberEpoch'> {
  return { memberEpoch, previousMemberEpoch: member.memberEpoch }
}
