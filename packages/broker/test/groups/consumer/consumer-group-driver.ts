import { isDeepStrictEqual } from 'node:util'
import { ErrorCode, type GroupRecord, KafkaError } from '@millrace/protocol'
import { expect } from 'vitest'
import type { GroupLimits } from '../../../src/groups/classic/classic-draft.ts'
import { emptyGroup } from '../../../src/groups/classic/classic-group.ts'
import { classicTimerFired } from '../../../src/groups/classic/classic-timers.ts'
import type { ConsumerGroupRules, ConsumerGroupSurroundings } from '../../../src/groups/consumer/consumer-draft.ts'
import { type ConsumerGroup, newConsumerGroup } from '../../../src/groups/consumer/consumer-group.ts'
import {
  type ConsumerHeartbeat,
  type ConsumerHeartbeatAnswer,
  consumerHeartbeat,
} from '../../../src/groups/consumer/consumer-heartbeat.ts'
import { consumerTimerFired } from '../../../src/groups/consumer/consumer-timers.ts'
import { patternsResolved } from '../../../src/groups/consumer/pattern-subscriptions.ts'
import type { TopicCatalogue, TopicFacts } from '../../../src/groups/consumer/topic-catalogue.ts'
import { compileTopicPattern } from '../../../src/groups/consumer/topic-pattern.ts'
import type { Decision, GroupTimer } from '../../../src/groups/decision.ts'
import type { Group } from '../../../src/groups/group.ts'
import { replayGroup } from '../../../src/groups/group-replay.ts'

export const RULES: ConsumerGroupRules = {
  sessionTimeoutMs: 45_000,
  heartbeatIntervalMs: 5_000,
  maxMembers: 12,
  assignors: ['uniform', 'range'],
  assignmentIntervalMs: 0,
  patternRefreshIntervalMs: 600_000,
  migrationPolicy: 'bidirectional',
}
const LIMITS: GroupLimits = {
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 1_800_000,
  maxMembers: 12,
  initialRebalanceDelayMs: 0,
}

/** Topics that tests create, grow and delete. */
export class TestTopics implements TopicCatalogue {
  readonly topics = new Map<string, TopicFacts>()
  topicsVersion = 0
  newestTopicVersion = 0
  private created = 0

  create(name: string, partitionCount: number): void {
    const id = Buffer.alloc(16, 16 + this.created++).toString('base64url')
    this.topics.set(name, { name, id, partitionCount })
    this.newestTopicVersion = ++this.topicsVersion
  }
  grow(name: string): void {
    const topic = this.topics.get(name)
    if (topic === undefined) return
    this.topics.set(name, { ...topic, partitionCount: topic.partitionCount + 1 })
    this.topicsVersion++
  }
  delete(name: string): void {
    if (this.topics.delete(name)) this.topicsVersion++
  }
  topicById(id: string): TopicFacts | undefined {
    for (const topic of this.topics.values()) if (topic.id === id) return topic
    return undefined
  }
  nameOf(id: string): string {
    return this.topicById(id)?.name ?? `deleted ${id}`
  }
}

type Outcome = ConsumerHeartbeatAnswer & { readonly errorCode: number }

/**
 * Takes decisions over as a coordinator would, with a clock moved by hand. After each one, the records so far have to make
 * the group that the decision brought.
 */
export class ConsumerGroupDriver {
  readonly topics = new TestTopics()
  group: Group = emptyGroup('g', 0)
  nowMs = 1_000_000
  readonly records: GroupRecord[] = []
  private shadow: Group = emptyGroup('g', 0)
  private readonly timers = new Map<string, { timer: GroupTimer; atMs: number }>()
  private patternsToResolve: ReadonlySet<string> = new Set()

  constructor(
    readonly rules: ConsumerGroupRules = RULES,
    readonly limits: GroupLimits = LIMITS,
  ) {}

  get surroundings(): ConsumerGroupSurroundings {
    return { rules: this.rules, classic: this.limits, topics: this.topics, nowMs: this.nowMs }
  }
  get consumerGroup(): ConsumerGroup {
    return this.group.type === 'consumer' ? this.group : newConsumerGroup('g')
  }

  heartbeat(request: Partial<ConsumerHeartbeat> & { readonly memberId: string }): Outcome {
    const full: ConsumerHeartbeat = {
      groupId: 'g',
      memberEpoch: 0,
      instanceId: null,
      rackId: null,
      rebalanceTimeoutMs: -1,
      subscribedTopicNames: null,
      subscribedTopicRegex: null,
      serverAssignor: null,
      topicPartitions: null,
      clientId: 'client',
      clientHost: '/127.0.0.1',
      ...request,
    }
    return this.decide(
      () => consumerHeartbeat(this.consumerGroup, full, this.surroundings),
      errorCode => ({ errorCode, memberEpoch: 0, heartbeatIntervalMs: 0 }),
    )
  }
  /** A first heartbeat with everything in it. */
  join(memberId: string, topics: readonly string[] = ['orders'], request: Partial<ConsumerHeartbeat> = {}): Outcome {
    return this.heartbeat({
      memberId,
      subscribedTopicNames: [...topics],
      rebalanceTimeoutMs: 60_000,
      topicPartitions: [],
      ...request,
    })
  }

  /** What the core throws is told as an error code. */
  decide<Answer>(decide: () => Decision<Answer>, refused: (code: ErrorCode) => Answer): Answer {
    try {
      return this.take(decide())
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      return refused(error.errorCode as ErrorCode)
    }
  }

  take<Answer>(decision: Decision<Answer>): Answer {
    this.group = decision.group
    this.records.push(...decision.records)
    for (const record of decision.records)
      if (record.kind !== 'OffsetCommit') this.shadow = replayGroup(this.shadow, record, this.nowMs)
    for (const { timer, afterMs, unlessArmed } of decision.timers) {
      const key = keyOf(timer)
      if (unlessArmed === true && this.timers.has(key)) continue
      if (afterMs === null) this.timers.delete(key)
      else this.timers.set(key, { timer, atMs: this.nowMs + Math.max(afterMs, 1) })
    }
    if ((decision.patternsToResolve?.size ?? 0) > 0) this.patternsToResolve = decision.patternsToResolve!
    if (decision.records.length > 0 && this.group.type === 'consumer') this.checkReplay()
    return decision.answer as Answer
  }

  private checkReplay(): void {
    if (isDeepStrictEqual(lasting(this.shadow), lasting(this.group))) return
    expect(lasting(this.shadow)).toEqual(lasting(this.group))
    throw new Error('the records make another group than the decision')
  }

  /** What the shell does for subscriptions by pattern. */
  resolvePatterns(): void {
    if (this.group.type !== 'consumer' || this.patternsToResolve.size === 0) return
    const resolved = new Map(
      [...this.patternsToResolve].map(pattern => {
        const { matches } = compileTopicPattern(pattern)
        const topics = new Set([...this.topics.topics.keys()].filter(matches))
        return [pattern, { topics, catalogueVersion: this.topics.topicsVersion, resolvedMs: this.nowMs }]
      }),
    )
    this.patternsToResolve = new Set()
    this.take(patternsResolved(this.group, resolved, this.surroundings))
  }

  /** Lets time pass; timers fire in order. */
  pass(durationMs: number): void {
    const endMs = this.nowMs + durationMs
    for (;;) {
      const due = [...this.timers].filter(([, row]) => row.atMs <= endMs).sort((a, b) => a[1].atMs - b[1].atMs)[0]
      if (due === undefined) break
      const [key, { timer, atMs }] = due
      this.timers.delete(key)
      this.nowMs = Math.max(this.nowMs, atMs)
      const { group } = this
      if (group.type === 'consumer') this.take(consumerTimerFired(group, timer, this.surroundings))
      else this.take(classicTimerFired(group, timer, this.limits, this.nowMs))
    }
    this.nowMs = endMs
  }
  isArmed(timer: GroupTimer): boolean {
    return this.timers.has(keyOf(timer))
  }

  /** The group that a compacted log brings back: the last record of each key. */
  afterCompaction(): Group {
    const last = new Map(this.records.map(record => [`${record.kind} ${JSON.stringify(record.key)}`, record]))
    const kept = this.records.filter(record => last.get(`${record.kind} ${JSON.stringify(record.key)}`) === record)
    let group: Group = emptyGroup('g', 0)
    for (const record of kept) if (record.kind !== 'OffsetCommit') group = replayGroup(group, record, this.nowMs)
    return group
  }

  /** `orders-0` and so on, sorted. */
  namesOf(rows: readonly { readonly topicId: string; readonly partitions: readonly number[] }[]): string[] {
    return rows
      .flatMap(({ topicId, partitions }) => partitions.map(partition => `${this.topics.nameOf(topicId)}-${partition}`))
      .sort()
  }
}

/** Without what is in no record. */
export function lasting(group: Group): Group {
  return group.type === 'consumer' ? { ...group, checkedTopicsVersion: -1 } : group
}

function keyOf(timer: GroupTimer): string {
  return 'memberId' in timer ? `${timer.kind}/${timer.memberId}` : timer.kind
}

export const nameOf = (code: number): keyof typeof ErrorCode =>
  (Object.keys(ErrorCode) as (keyof typeof ErrorCode)[]).find(name => ErrorCode[name] === code)!
