/** What happens to a classic group that lets time pass, and after a start. */
import type { Decision, GroupTimer } from '../decision.ts'
import { ClassicDraft, type GroupLimits } from './classic-draft.ts'
import type { ClassicGroup } from './classic-group.ts'
import { memberTimerFired } from './heartbeat.ts'
import { renewSession } from './membership.ts'
import { joinTimerFired, rebalance, syncTimerFired } from './rebalance.ts'

/** Timers of the life it had as a KIP-848 group change nothing. */
export function classicTimerFired(
  group: ClassicGroup,
  timer: GroupTimer,
  limits: GroupLimits,
  nowMs: number,
): Decision<undefined> {
  const draft = new ClassicDraft(group, limits, nowMs)
  if (timer.kind === 'join') joinTimerFired(draft)
  else if (timer.kind === 'sync') syncTimerFired(draft)
  else if (timer.kind === 'member') memberTimerFired(draft, timer.memberId)
  return draft.decide(undefined)
}

/** Every member gets a session; if the limit was lowered, members rejoin until the group is full. */
export function armClassicAfterStart(group: ClassicGroup, limits: GroupLimits, nowMs: number): Decision<undefined> {
  const draft = new ClassicDraft(group, limits, nowMs)
  for (const member of group.members.values()) renewSession(draft, member)
  if (group.members.size > limits.maxMembers) rebalance(draft, 'left')
  return draft.decide(undefined)
}
