/** What members of a KIP-848 group want to read, by name and by pattern. */
import type { ConsumerGroup, ConsumerMember } from './consumer-group.ts'
import { metadataHash } from './metadata-hash.ts'
import type { TopicCatalogue } from './topic-catalogue.ts'

/** Names of topics, existing or not. A pattern that is not resolved yet stands for none. */
export function subscribedTopicsOf(group: ConsumerGroup, member: ConsumerMember): ReadonlySet<string> {
  const resolved = hasPattern(member) ? group.patterns.get(member.pattern) : undefined
  if (resolved === undefined) return member.topics
  return member.topics.size === 0 ? resolved.topics : new Set([...member.topics, ...resolved.topics])
}

/** Of all members together. */
export function subscribedTopicsOfGroup(group: ConsumerGroup): ReadonlySet<string> {
  const names = new Set<string>()
  for (const { topics } of group.members.values()) for (const name of topics) names.add(name)
  for (const { topics } of group.patterns.values()) for (const name of topics) names.add(name)
  return names
}

export function hasPattern(member: ConsumerMember): member is ConsumerMember & { readonly pattern: string } {
  return member.pattern !== null && member.pattern !== ''
}

/** Every pattern that some member has. */
export function patternsInUse(group: ConsumerGroup): ReadonlySet<string> {
  const patterns = new Set<string>()
  for (const member of group.members.values()) if (hasPattern(member)) patterns.add(member.pattern)
  return patterns
}

export function countWithPattern(group: ConsumerGroup, pattern: string): number {
  let count = 0
  for (const member of group.members.values()) if (member.pattern === pattern) count++
  return count
}

/** All members want the same, and say it the same way: all by names, or all by one pattern. */
export function isHomogeneous(group: ConsumerGroup): boolean {
  const [first] = group.members.values()
  if (first === undefined) return true
  if (hasPattern(first) && first.topics.size > 0) return false
  for (const member of group.members.values())
    if ((member.pattern || null) !== (first.pattern || null) || !sameNames(member.topics, first.topics)) return false
  return true
}

export function sameNames(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  if (a.size !== b.size) return false
  for (const name of a) if (!b.has(name)) return false
  return true
}

/** Of the subscribed topics as they are now. */
export function currentMetadataHash(group: ConsumerGroup, catalogue: TopicCatalogue): bigint {
  return metadataHash(subscribedTopicsOfGroup(group), catalogue)
}
