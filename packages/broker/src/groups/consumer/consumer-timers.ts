/** What happens to members of a KIP-848 group that let time pass. */
import type { Decision, GroupTimer } from '../decision.ts'
import { ConsumerDraft, type ConsumerGroupSurroundings } from './consumer-draft.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { fenceMembers } from './fence-members.ts'

/** Timers that fire late, or were armed for another life of the group, change nothing. */
export function consumerTimerFired(
  group: ConsumerGroup,
  timer: GroupTimer,
  surroundings: ConsumerGroupSurroundings,
): Decision<undefined> {
  const member = 'memberId' in timer ? group.members.get(timer.memberId) : undefined
  const isOver = timer.kind === 'revocation' && member?.memberEpoch !== timer.memberEpoch
  const gone = member === undefined || isOver ? [] : [member]
  return fenceMembers(group, gone, undefined, surroundings)
}

/** After a start every member gets the time that its last sign of life would have given it. */
export function armConsumerAfterStart(
  group: ConsumerGroup,
  surroundings: ConsumerGroupSurroundings,
): Decision<undefined> {
  const draft = new ConsumerDraft(group, surroundings)
  for (const member of group.members.values()) {
    const { memberId, memberEpoch, rebalanceTimeoutMs, classic, state } = member
    draft.arm({ kind: 'member', memberId }, classic?.sessionTimeoutMs ?? surroundings.rules.sessionTimeoutMs)
    if (state === 'unrevoked' && classic === null)
      draft.arm({ kind: 'revocation', memberId, memberEpoch }, rebalanceTimeoutMs)
  }
  return draft.decide(undefined)
}
