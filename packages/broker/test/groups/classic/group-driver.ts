import { ErrorCode } from '@millrace/protocol'
import type { GroupLimits } from '../../../src/groups/classic/classic-draft.ts'
import { type ClassicGroup, emptyGroup } from '../../../src/groups/classic/classic-group.ts'
import { classicTimerFired } from '../../../src/groups/classic/classic-timers.ts'
import { heartbeat } from '../../../src/groups/classic/heartbeat.ts'
import { type JoinRequest, join } from '../../../src/groups/classic/join.ts'
import { type LeavingMember, leave } from '../../../src/groups/classic/leave.ts'
import { type SyncRequest, sync } from '../../../src/groups/classic/sync.ts'
import type { Decision, GroupTimer, JoinAnswer, Parked, Reply, SyncAnswer } from '../../../src/groups/decision.ts'

export const LIMITS: GroupLimits = {
  minSessionTimeoutMs: 6_000,
  maxSessionTimeoutMs: 1_800_000,
  maxMembers: 3,
  initialRebalanceDelayMs: 0,
}
export const RANGE = { name: 'range', metadata: Buffer.from('range v1') }
export const STICKY = { name: 'sticky', metadata: Buffer.from('sticky v1') }

/** What became of a request: its answer once it has one. */
export interface Asked<Answer> {
  answer: Answer | undefined
}

/** Takes decisions over as a coordinator would, with a clock moved by hand, and keeps what they said. */
export class GroupDriver {
  group: ClassicGroup = emptyGroup('g', 0)
  nowMs = 0
  /** Records in the order of appending, by kind. */
  readonly records: Decision<unknown>['records'][number][] = []
  private readonly parkedJoins = new Map<string, Asked<JoinAnswer>>()
  private readonly parkedSyncs = new Map<string, Asked<SyncAnswer>>()
  private readonly timers = new Map<string, { timer: GroupTimer; atMs: number }>()
  private ids = 0

  constructor(readonly limits: GroupLimits = LIMITS) {}

  join(request: Partial<JoinRequest> = {}): Asked<JoinAnswer> {
    const full: JoinRequest = {
      memberId: '',
      groupInstanceId: null,
      clientId: 'client',
      clientHost: '127.0.0.1',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [RANGE],
      requiresKnownMemberId: false,
      supportsSkippingAssignment: true,
      uuid: String(++this.ids),
      ...request,
    }
    return this.take(join(this.group, full, this.limits, this.nowMs), this.parkedJoins)
  }
  sync(request: Pick<SyncRequest, 'memberId'> & Partial<SyncRequest>): Asked<SyncAnswer> {
    const full: SyncRequest = {
      groupInstanceId: null,
      generationId: this.group.generationId,
      protocolType: null,
      protocolName: null,
      assignments: [],
      ...request,
    }
    return this.take(sync(this.group, full, this.limits, this.nowMs), this.parkedSyncs)
  }
  heartbeat(
    memberId: string,
    generationId = this.group.generationId,
    groupInstanceId: string | null = null,
  ): ErrorCode {
    const request = { memberId, generationId, groupInstanceId }
    return this.take(heartbeat(this.group, request, this.limits, this.nowMs)).answer!
  }
  leave(...leaving: (string | LeavingMember)[]): readonly ErrorCode[] {
    const members = leaving.map(one => (typeof one === 'string' ? { memberId: one, groupInstanceId: null } : one))
    return this.take(leave(this.group, members, this.limits, this.nowMs)).answer!
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
      this.take(classicTimerFired(this.group, timer, this.limits, this.nowMs))
    }
    this.nowMs = endMs
  }
  isArmed(timer: GroupTimer): boolean {
    return this.timers.has(keyOf(timer))
  }

  /** Two members in a Stable group of generation 1 or later; the first one leads. */
  stable(...instanceIds: (string | null)[]): string[] {
    const asked = instanceIds.map(groupInstanceId => this.join({ groupInstanceId }))
    // The first join completed a generation of its own: it rejoins beside the others.
    const first = asked[0]!.answer!.memberId
    if (asked.length > 1) asked[0] = this.join({ memberId: first, groupInstanceId: instanceIds[0]! })
    const ids = asked.map(one => one.answer!.memberId)
    ids.forEach((memberId, index) => {
      const assignments = index === 0 ? ids.map(id => ({ memberId: id, assignment: Buffer.from(`part of ${id}`) })) : []
      this.sync({ memberId, groupInstanceId: instanceIds[index]!, assignments })
    })
    return ids
  }

  private take<Answer>(decision: Decision<Answer>, parked?: Map<string, Asked<Answer>>): Asked<Answer> {
    if (decision.group.type !== 'classic') throw new Error('the group is not classic any more')
    this.group = decision.group
    this.records.push(...decision.records)
    const asked: Asked<Answer> = { answer: undefined }
    const parkedFor = (decision.answer as Parked | undefined)?.parkedFor
    if (parkedFor !== undefined) parked!.set(parkedFor, asked)
    else asked.answer = decision.answer as Answer
    for (const reply of decision.replies) this.deliver(reply)
    for (const { timer, afterMs } of decision.timers) {
      if (afterMs === null) this.timers.delete(keyOf(timer))
      else this.timers.set(keyOf(timer), { timer, atMs: this.nowMs + Math.max(afterMs, 1) })
    }
    this.checkInvariants()
    return asked
  }

  private deliver(reply: Reply): void {
    const parked: Map<string, Asked<JoinAnswer | SyncAnswer>> = 'join' in reply ? this.parkedJoins : this.parkedSyncs
    const asked = parked.get(reply.to)
    if (asked === undefined) throw new Error(`${reply.to} has nothing parked`)
    parked.delete(reply.to)
    asked.answer = 'join' in reply ? reply.join : reply.sync
  }

  private checkInvariants(): void {
    const { state, members, leaderId, staticMembers, pendingMembers } = this.group
    const parkedJoins = [...members.values()].filter(member => member.awaitingJoin).map(member => member.memberId)
    const parkedSyncs = [...members.values()].filter(member => member.awaitingSync).map(member => member.memberId)
    const broken = (what: string): never => {
      throw new Error(`${what} in ${state}`)
    }
    if (String(parkedJoins.sort()) !== String([...this.parkedJoins.keys()].sort())) broken('parked joins differ')
    if (String(parkedSyncs.sort()) !== String([...this.parkedSyncs.keys()].sort())) broken('parked syncs differ')
    if (parkedJoins.length > 0 && state !== 'PreparingRebalance') broken('a join is parked')
    if (parkedSyncs.length > 0 && state !== 'CompletingRebalance') broken('a sync is parked')
    if (state === 'Empty' && members.size > 0) broken('members')
    if ((state === 'Stable' || state === 'CompletingRebalance') && members.size === 0) broken('no members')
    if (members.size > 0 && (leaderId === null || !members.has(leaderId))) broken('no leader among the members')
    for (const memberId of staticMembers.values()) if (!members.has(memberId)) broken('a static place is left over')
    for (const memberId of pendingMembers) {
      if (members.has(memberId)) broken('a member is pending')
      if (!this.isArmed({ kind: 'member', memberId })) broken('a pending member has no timer')
    }
    if (state === 'PreparingRebalance' && !this.isArmed({ kind: 'join' })) broken('the join phase has no end')
    for (const member of members.values())
      if (!member.awaitingJoin && !member.awaitingSync && !this.isArmed({ kind: 'member', memberId: member.memberId }))
        broken(`${member.memberId} has no session`)
  }
}

function keyOf(timer: GroupTimer): string {
  return timer.kind === 'member' ? `member/${timer.memberId}` : timer.kind
}

export const code = (asked: Asked<{ errorCode: number }>): keyof typeof ErrorCode | 'parked' => {
  if (asked.answer === undefined) return 'parked'
  const { errorCode } = asked.answer
  return (Object.keys(ErrorCode) as (keyof typeof ErrorCode)[]).find(name => ErrorCode[name] === errorCode)!
}
