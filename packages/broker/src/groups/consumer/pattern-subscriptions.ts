/**
 * Subscriptions by pattern. Looking through all topics may take a while, so it is not part of a decision: a decision says which
 * patterns have to be resolved, the shell resolves them in slices, and {@link patternsResolved} decides what follows.
 * All patterns of a group are resolved together, so that they cause one rebalance. Source: KIP-848, Apache Kafka's
 * `GroupMetadataManager.maybeUpdateRegularExpressions`.
 */
import type { Decision } from '../decision.ts'
import { ConsumerDraft, type ConsumerGroupSurroundings } from './consumer-draft.ts'
import type { ConsumerGroup, ConsumerMember, ResolvedPattern } from './consumer-group.ts'
import { groupEpochRecord, patternRecord, patternTombstone } from './consumer-group-records.ts'
import { countWithPattern, currentMetadataHash, hasPattern, patternsInUse, sameNames } from './subscriptions.ts'
import { compileTopicPattern } from './topic-pattern.ts'

/** A group's patterns are not resolved more often than this, whatever its members do. */
const MIN_REFRESH_INTERVAL_MS = 10_000

export type PatternChange = 'unchanged' | 'changed' | 'resolved'

/**
 * To be called once the member is in the group as `after`. `resolved`: it has a new pattern, and what that stands for is
 * known. Throws {@link KafkaError} INVALID_REGULAR_EXPRESSION.
 */
export function followPattern(draft: ConsumerDraft, before: ConsumerMember, after: ConsumerMember): PatternChange {
  if ((before.pattern || null) === (after.pattern || null)) return 'unchanged'
  if (hasPattern(before)) forgetIfUnused(draft, before.pattern)
  if (!hasPattern(after)) return 'changed'
  if (countWithPattern(draft.group, after.pattern) === 1) compileTopicPattern(after.pattern)
  return draft.group.patterns.has(after.pattern) ? 'resolved' : 'changed'
}

export function forgetIfUnused(draft: ConsumerDraft, pattern: string): void {
  const { group } = draft
  if (group.patterns.has(pattern) && countWithPattern(group, pattern) === 0)
    draft.append(patternTombstone(group.groupId, pattern))
}

/** Asks for a refresh of all patterns when it is time for one. */
export function choosePatternsToResolve(draft: ConsumerDraft, change: PatternChange): void {
  const { group, nowMs, surroundings } = draft
  const inUse = patternsInUse(group)
  if (inUse.size === 0) return
  const [last] = group.patterns.values()
  const lastMs = last?.resolvedMs ?? Number.NEGATIVE_INFINITY
  if (nowMs <= lastMs + MIN_REFRESH_INTERVAL_MS) return
  const isDue =
    change === 'changed' ||
    inUse.size !== group.patterns.size ||
    (last?.catalogueVersion ?? 0) < surroundings.topics.newestTopicVersion ||
    nowMs > lastMs + surroundings.rules.patternRefreshIntervalMs
  if (isDue) draft.resolve(inUse)
}

/** What the patterns stand for has been found out. Patterns that nobody has any more are passed over. */
export function patternsResolved(
  group: ConsumerGroup,
  resolved: ReadonlyMap<string, ResolvedPattern>,
  surroundings: ConsumerGroupSurroundings,
): Decision<undefined> {
  const draft = new ConsumerDraft(group, surroundings)
  let hasChanged = false
  for (const [pattern, found] of resolved) {
    if (countWithPattern(group, pattern) === 0) continue
    hasChanged ||= !sameNames(group.patterns.get(pattern)?.topics ?? new Set(), found.topics)
    draft.append(patternRecord(group.groupId, pattern, found))
  }
  const hash = currentMetadataHash(draft.group, surroundings.topics)
  if (hasChanged || hash !== group.metadataHash)
    draft.append(groupEpochRecord(group.groupId, group.groupEpoch + 1, hash))
  draft.topicsChecked()
  return draft.decide(undefined)
}
