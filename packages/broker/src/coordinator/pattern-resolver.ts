import type { Clock, Timers } from '@millrace/platform'
import type { ResolvedPattern } from '../groups/consumer/consumer-group.ts'
import type { TopicCatalogue } from '../groups/consumer/topic-catalogue.ts'
import { compileTopicPattern } from '../groups/consumer/topic-pattern.ts'

/** Names that are matched before other work gets its turn: about a millisecond. */
const MATCHES_PER_SLICE = 500

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
    let matches = 0
    for (const pattern of patterns) {
      const isMatch = compileTopicPattern(pattern)
      const found = new Set<string>()
      for (const name of names) {
        if (isMatch(name)) found.add(name)
        if (++matches % MATCHES_PER_SLICE === 0) await new Promise<void>(resolve => this.platform.timers.soon(resolve))
      }
      resolved.set(pattern, { topics: found, catalogueVersion, resolvedMs })
    }
    return resolved
  }
}
