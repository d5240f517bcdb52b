import type { Clock, Timers } from '@millrace/platform'
import type { ResolvedPattern } from '../groups/consumer/consumer-group.ts'
import type { TopicCatalogue } from '../groups/consumer/topic-catalogue.ts'
import { compileTopicPattern } from '../groups/consumer/topic-pattern.ts'

/** What is matched before other work gets its turn, in costs of patterns: about a millisecond. */
const SLICE_COST = 50_000
/** Of a match by the simplest pattern. */
const LEAST_COST = 100

/** Looks up which topics the patterns of subscriptions stand for. */
export class PatternResolver {
  constructor(
    private readonly catalogue: () => TopicCatalogue,
    private readonly platform: { readonly clock: Clock; readonly timers: Timers },
  ) {}

  /** Topics that come or go meanwhile may be missed: the version in the result is older then. */
  async resolve(patterns: ReadonlySet<string>): Promise<ReadonlyMap<string, ResolvedPattern>> {
    const { topics, topicsVersion: catalogueVersion } = this.catalogue()
    const resolvedMs = this.platform.clock.nowMs()
    const names = [...topics.keys()]
    const resolved = new Map<string, ResolvedPattern>()
    let spent = 0
    for (const pattern of patterns) {
      const { matches, cost } = compileTopicPattern(pattern)
      const found = new Set<string>()
      for (const name of names) {
        if (matches(name)) found.add(name)
        spent += LEAST_COST + cost
        if (spent < SLICE_COST) continue
        spent = 0
        await new Promise<void>(resolve => this.platform.timers.soon(resolve))
      }
      resolved.set(pattern, { topics: found, catalogueVersion, resolvedMs })
    }
    return resolved
  }
}
