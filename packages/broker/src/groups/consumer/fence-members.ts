/** Members of a KIP-848 group go: they leave, are silent for too long, or take too long to give partitions up. */
import type { Decision } from '../decision.ts'
import { downgradeWithout } from '../migration/downgrade.ts'
import { ConsumerDraft, type ConsumerGroupSurroundings } from './consumer-draft.ts'
import type { ConsumerGroup, ConsumerMember } from './consumer-group.ts'
import { groupEpochRecord, memberTombstones } from './consumer-group-records.ts'
import { forgetIfUnused } from './pattern-subscriptions.ts'
import { currentMetadataHash, hasPattern } from './subscriptions.ts'

/** A group whose other members all speak the classic protocol becomes a classic group, if `group.consumer.migration.policy` lets it. */
export function fenceMembers<Answer>(
  group: ConsumerGroup,
  members: readonly ConsumerMember[],
  answer: Answer,
  surroundings: ConsumerGroupSurroundings,
): Decision<Answer> {
  const draft = new ConsumerDraft(group, surroundings)
  if (members.length === 0) return draft.decide(answer)
  const downgraded = downgradeWithout(group, members, surroundings)
  if (downgraded !== undefined) return { ...downgraded, answer }
  const { groupId } = group
  for (const { memberId } of members) {
    draft.append(...memberTombstones(groupId, memberId))
    draft.disarmAllOf(memberId)
  }
  for (const member of members) if (hasPattern(member)) forgetIfUnused(draft, member.pattern)
  draft.append(groupEpochRecord(groupId, group.groupEpoch + 1, currentMetadataHash(draft.group, surroundings.topics)))
  return draft.decide(answer)
}
