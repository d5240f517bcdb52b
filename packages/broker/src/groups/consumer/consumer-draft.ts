import type { GroupRecord } from '@millrace/protocol'
import type { GroupLimits } from '../classic/classic-draft.ts'
import { DecisionDraft } from '../decision.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import { isConsumerGroupRecord, replayConsumerGroup } from './consumer-group-replay.ts'
import type { TopicCatalogue } from './topic-catalogue.ts'

export type AssignorName = 'uniform' | 'range'
export type MigrationPolicy = 'disabled' | 'upgrade' | 'downgrade' | 'bidirectional'

/** The settings of `group.consumer.*`, or the group's own. */
export interface ConsumerGroupRules {
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly maxMembers: number
  /** What members may ask for; the first is the default. */
  readonly assignors: readonly AssignorName[]
  /** At least this much lies between two target assignments, so that members that join together share one. */
  readonly assignmentIntervalMs: number
  /** Patterns are resolved again after this, even if no topic has come. */
  readonly patternRefreshIntervalMs: number
  readonly migrationPolicy: MigrationPolicy
}

/** All that a decision about a KIP-848 group depends on beside the group and the request. */
export interface ConsumerGroupSurroundings {
  readonly rules: ConsumerGroupRules
  /** For members that speak the classic protocol, and for the classic group that theirs may become. */
  readonly classic: GroupLimits
  readonly topics: TopicCatalogue
  readonly nowMs: number
}

/** A decision about a KIP-848 group: the group changes by the records that are appended, and in no other way. */
export class ConsumerDraft extends DecisionDraft<ConsumerGroup> {
  constructor(
    group: ConsumerGroup,
    readonly surroundings: ConsumerGroupSurroundings,
  ) {
    super(group, surroundings.nowMs)
  }

  append(...records: readonly GroupRecord[]): void {
    this.records.push(...records)
    this.group = replayConsumerGroup(this.group, records.filter(isConsumerGroupRecord))
  }

  /** The metadata hash holds for the topics there are now. */
  topicsChecked(): void {
    this.group = { ...this.group, checkedTopicsVersion: this.surroundings.topics.topicsVersion }
  }

  /** The shell resolves these patterns; the group hears of it in a decision of its own. */
  resolve(patterns: ReadonlySet<string>): void {
    this.patternsToResolve = patterns
  }

  disarmAllOf(memberId: string): void {
    for (const kind of ['member', 'rejoin', 'memberSync'] as const) this.disarm({ kind, memberId })
    this.disarmRevocation(memberId)
  }
  disarmRevocation(memberId: string): void {
    // Which epoch it was armed for does not matter: a member has one such timer.
    this.disarm({ kind: 'revocation', memberId, memberEpoch: 0 })
  }
}
