/** A subscription by a `RegExp`: matched here with the names of all topics, again whenever they are learned anew. */
import type { Cluster } from '../cluster/cluster.ts'

export class PatternSubscription {
  constructor(
    private readonly cluster: Cluster,
    private readonly pattern: RegExp,
    private readonly excludeInternalTopics: boolean,
  ) {
    cluster.useOnlyTopics(null)
    cluster.learn()
  }

  /** It is known what topics there are. */
  get isReady(): boolean {
    return this.cluster.knowsAllTopics
  }
  /** Sorted. */
  get topics(): string[] {
    return this.cluster.metadata.topicNames.filter(name => this.matches(name)).sort()
  }

  private matches(name: string): boolean {
    if (this.excludeInternalTopics && this.cluster.metadata.topic(name)?.isInternal === true) return false
    // A pattern with the flag g or y remembers where it was.
    this.pattern.lastIndex = 0
    return this.pattern.test(name)
  }
}
