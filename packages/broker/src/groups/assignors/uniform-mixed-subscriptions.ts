/**
 * The uniform assignor for members with different subscriptions. Members keep what they have, free partitions go to the
 * subscribers with the fewest, and then topics are balanced one by one, over and over, until a whole round moves nothing.
 * Source: Apache Kafka, `UniformHeterogeneousAssignmentBuilder`.
 */
import type { Assignment, GroupAssignment, GroupToAssign } from './assignor.ts'
import { hashOfName, inMapOrder } from './hash-order.ts'
import { MemberLevels } from './member-levels.ts'

/** Rounds of balancing. Overlapping subscriptions may take many; each round about halves the imbalance. */
const MAX_ROUNDS = 16
const NOBODY = -1

export function assignMixedSubscriptions(group: GroupToAssign): GroupAssignment {
  const plan = new Plan(group)
  plan.giveFreePartitions()
  plan.balance()
  return plan.assignment()
}

/** Members are numbers here: places in the order of Kafka's map. */
class Plan {
  private readonly memberIds: readonly string[]
  private readonly subscribers = new Map<string, number[]>()
  /** Owner of each partition, {@link NOBODY} for a free one, by topic id. */
  private readonly owners = new Map<string, number[]>()
  /** Partitions of each member. */
  private readonly sizes: number[]

  constructor(private readonly group: GroupToAssign) {
    this.memberIds = inMapOrder(group.members.keys(), hashOfName)
    this.sizes = this.memberIds.map(() => 0)
    this.memberIds.forEach((memberId, member) => {
      for (const topicId of group.members.get(memberId)!.topicIds) this.subscribe(topicId, member)
    })
    this.memberIds.forEach((memberId, member) => {
      const { topicIds, assigned } = group.members.get(memberId)!
      for (const [topicId, partitions] of assigned)
        if (topicIds.has(topicId)) for (const partition of partitions) this.assign(topicId, partition, member)
    })
  }

  giveFreePartitions(): void {
    const topics = [...this.owners.keys()].filter(topicId => this.owners.get(topicId)!.includes(NOBODY))
    for (const topicId of topics.sort(this.byLoad)) {
      const levels = new MemberLevels(this.subscribers.get(topicId)!, this.sizes)
      this.owners.get(topicId)!.forEach((owner, partition) => {
        if (owner === NOBODY) this.assign(topicId, partition, levels.give())
      })
    }
  }

  balance(): void {
    const topics = [...this.owners.keys()].filter(topicId => this.subscribers.get(topicId)!.length >= 2)
    topics.sort(this.byLoad)
    let lastMoved: string | undefined
    for (let round = 0; round < MAX_ROUNDS; round++)
      for (const topicId of topics) {
        // A whole round, back to this topic, has moved nothing.
        if (topicId === lastMoved) return
        if (this.balanceTopic(topicId) || lastMoved === undefined) lastMoved = topicId
      }
  }

  assignment(): GroupAssignment {
    const byMember = this.memberIds.map(() => new Map<string, Set<number>>())
    for (const [topicId, owners] of this.owners)
      owners.forEach((owner, partition) => {
        const own = byMember[owner]!
        const partitions = own.get(topicId)
        if (partitions === undefined) own.set(topicId, new Set([partition]))
        else partitions.add(partition)
      })
    return new Map<string, Assignment>(this.memberIds.map((memberId, member) => [memberId, byMember[member]!]))
  }

  /** True when a partition has moved. */
  private balanceTopic(topicId: string): boolean {
    const levels = new MemberLevels(this.subscribers.get(topicId)!, this.sizes)
    if (levels.imbalance <= 1) return false
    /** What each member had before, in order; it loses the last ones first. */
    const held = new Map<number, number[]>()
    this.owners.get(topicId)!.forEach((owner, partition) => {
      const partitions = held.get(owner)
      if (partitions === undefined) held.set(owner, [partition])
      else partitions.push(partition)
    })
    let hasMoved = false
    for (;;) {
      const from = levels.take(member => (held.get(member)?.length ?? 0) > 0)
      if (from === undefined) return hasMoved
      const partition = held.get(from)!.pop()!
      const to = levels.give()
      if (levels.isBalanced) return hasMoved
      this.assign(topicId, partition, to)
      hasMoved = true
    }
  }

  private subscribe(topicId: string, member: number): void {
    const subscribers = this.subscribers.get(topicId)
    if (subscribers !== undefined) subscribers.push(member)
    else {
      this.subscribers.set(topicId, [member])
      this.owners.set(topicId, new Array<number>(this.group.partitionCountOf(topicId)).fill(NOBODY))
    }
  }

  private assign(topicId: string, partition: number, member: number): void {
    const owners = this.owners.get(topicId)!
    const before = owners[partition]!
    if (before !== NOBODY) this.sizes[before]!--
    owners[partition] = member
    this.sizes[member]!++
  }

  /** Most partitions per subscriber first; then fewest subscribers; then by id, as signed 64-bit halves. */
  private readonly byLoad = (a: string, b: string): number => {
    const subscribersOfA = this.subscribers.get(a)!.length
    const subscribersOfB = this.subscribers.get(b)!.length
    const loadOfA = this.group.partitionCountOf(a) / subscribersOfA
    const loadOfB = this.group.partitionCountOf(b) / subscribersOfB
    return loadOfB - loadOfA || subscribersOfA - subscribersOfB || compareTopicIds(a, b)
  }
}

function compareTopicIds(a: string, b: string): number {
  const [bytesOfA, bytesOfB] = [Buffer.from(a, 'base64url'), Buffer.from(b, 'base64url')]
  for (const at of [0, 8]) {
    const [halfOfA, halfOfB] = [bytesOfA.readBigInt64BE(at), bytesOfB.readBigInt64BE(at)]
    if (halfOfA !== halfOfB) return halfOfA < halfOfB ? -1 : 1
  }
  return 0
}
